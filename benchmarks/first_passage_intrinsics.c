/* The first-passage kernel by hand, in intrinsics: how fast this silicon can be.
 *
 * The algorithm, the random streams and the interface of first_passage.c. Eight doubles go into a
 * vector of AVX-512 and four into one of AVX2, whichever the compiler is told to use. Positions, ages
 * and what is still alive stay in registers for a whole block of normals; GROUP vectors are stepped
 * together, so that one waits for its root while the others go on.
 */
#include <immintrin.h>

#include "first_passage_paths.h"

#ifdef __AVX512F__
typedef __m512d doubles;
typedef __m512 floats;
typedef __m512i words;

#define OP(name) _mm512_##name
#define HALF_LOAD _mm256_loadu_ps
#define XOR _mm512_xor_si512
#define OR _mm512_or_si512
#define AND _mm512_and_si512
#define AS_WORDS _mm512_castps_si512
#define AS_FLOATS _mm512_castsi512_ps
#define LOAD_WORDS(p) _mm512_loadu_si512(p)
#define STORE_WORDS(p, v) _mm512_storeu_si512(p, v)
#define ROTATE(v, n) _mm512_rol_epi32(v, n)
typedef __mmask8 flags;
#define FLAGS_OF(v) _mm512_cmp_pd_mask(v, _mm512_setzero_pd(), _CMP_GT_OQ)
#define VALUES_OF(f) _mm512_maskz_mov_pd(f, _mm512_set1_pd(1.0))
#define COUNT_IF(f, v) _mm512_mask_add_pd(v, f, v, _mm512_set1_pd(1.0))
#define STILL(f, a, b) _mm512_mask_cmp_pd_mask(f, a, b, _CMP_GT_OQ)
#else
typedef __m256d doubles;
typedef __m256 floats;
typedef __m256i words;

#define OP(name) _mm256_##name
#define HALF_LOAD _mm_loadu_ps
#define XOR _mm256_xor_si256
#define OR _mm256_or_si256
#define AND _mm256_and_si256
#define AS_WORDS _mm256_castps_si256
#define AS_FLOATS _mm256_castsi256_ps
#define LOAD_WORDS(p) _mm256_loadu_si256((const __m256i *)(p))
#define STORE_WORDS(p, v) _mm256_storeu_si256((__m256i *)(p), v)
#define ROTATE(v, n) OR(OP(slli_epi32)(v, n), OP(srli_epi32)(v, 32 - n))
typedef __m256d flags;
#define FLAGS_OF(v) _mm256_cmp_pd(v, _mm256_setzero_pd(), _CMP_GT_OQ)
#define VALUES_OF(f) _mm256_and_pd(f, _mm256_set1_pd(1.0))
#define COUNT_IF(f, v) _mm256_add_pd(v, VALUES_OF(f))
#define STILL(f, a, b) _mm256_and_pd(f, _mm256_cmp_pd(a, b, _CMP_GT_OQ))
#endif

enum {
    WIDTH = sizeof(doubles) / sizeof(double),
    N_VECTORS = N_LANES / WIDTH,
    GROUP = DIMENSION == 1 ? 4 : 2,
};

static inline words next_words(words *s)
{
    words drawn = OP(add_epi32)(ROTATE(OP(add_epi32)(s[0], s[3]), 7), s[0]);
    words shifted = OP(slli_epi32)(s[1], 9);
    s[2] = XOR(s[2], s[0]);
    s[3] = XOR(s[3], s[1]);
    s[1] = XOR(s[1], s[2]);
    s[0] = XOR(s[0], s[3]);
    s[2] = XOR(s[2], shifted);
    s[3] = ROTATE(s[3], 11);
    return drawn;
}

static inline floats horner(floats x, const float *c, int n)
{
    floats sum = OP(set1_ps)(c[0]);
    for (int i = 1; i < n; i++)
        sum = OP(fmadd_ps)(sum, x, OP(set1_ps)(c[i]));
    return sum;
}

/* Two normals by Box and Muller from two words. */
static inline void two_normals(words b1, words b2, float *first, float *second)
{
    static const float log_c[] = {-0.09895351f, 0.16126248f, -0.17278206f, 0.19913349f,
                                  -0.24968907f, 0.33334607f, -0.50000376f, 0.99999994f};
    static const float sin_c[] = {0.07765591f, -0.5982904f, 2.5500774f, -5.1677103f, 3.1415927f};
    static const float cos_c[] = {0.21968243f, -1.3318729f, 4.0584106f, -4.934793f, 0.99999994f};
    words low = OP(set1_epi32)(0x7FFFFFFF), sign = AND(b1, OP(set1_epi32)((int)0x80000000));
    floats u = OP(add_ps)(OP(cvtepi32_ps)(AND(b1, low)), OP(set1_ps)(0.5f));
    words bits = AS_WORDS(u), e = OP(srai_epi32)(OP(sub_epi32)(bits, OP(set1_epi32)(0x3F3504F3)), 23);
    floats f = OP(sub_ps)(AS_FLOATS(OP(sub_epi32)(bits, OP(slli_epi32)(e, 23))), OP(set1_ps)(1.0f));
    floats power = OP(mul_ps)(OP(cvtepi32_ps)(OP(sub_epi32)(e, OP(set1_epi32)(31))), OP(set1_ps)(0.6931472f));
    floats log_u = OP(fmadd_ps)(f, horner(f, log_c, 8), power);
    floats radius = OP(sqrt_ps)(OP(mul_ps)(log_u, OP(set1_ps)(-2.0f)));
    floats angle = OP(mul_ps)(OP(cvtepi32_ps)(b2), OP(set1_ps)(0x1p-32f)), w = OP(mul_ps)(angle, angle);
    floats s = OP(mul_ps)(angle, horner(w, sin_c, 5)), c = horner(w, cos_c, 5);
    floats signed_radius = AS_FLOATS(XOR(AS_WORDS(radius), sign));
    OP(storeu_ps)(first, OP(mul_ps)(signed_radius, c));
    OP(storeu_ps)(second, OP(mul_ps)(radius, s));
}

static void fill_normals(void)
{
    for (int l = 0; l < N_LANES; l += 2 * WIDTH) {
        words s[4];
        for (int k = 0; k < 4; k++)
            s[k] = LOAD_WORDS(&generators[k][l]);
        for (int p = 0; p < PAIRS; p++) {
            words b1 = next_words(s), b2 = next_words(s);
            two_normals(b1, b2, &normals[2 * p][l], &normals[2 * p + 1][l]);
        }
        for (int k = 0; k < 4; k++)
            STORE_WORDS(&generators[k][l], s[k]);
    }
}

static inline void step_group(const model *m, int from)
{
    doubles x[GROUP][DIMENSION], years[GROUP];
    flags still[GROUP];
    doubles one = OP(set1_pd)(1.0), barrier = OP(set1_pd)(m->barrier), floor = OP(set1_pd)(m->floor);
    doubles scale = OP(set1_pd)(2.0 * m->temperature * m->time_step), shift = OP(set1_pd)(m->shift);
    doubles slope = OP(set1_pd)(4.0 * m->time_step * m->barrier), offset = OP(set1_pd)(m->offset);
#define EACH for (int g = 0; g < GROUP; g++)
    EACH {
        int l = (from + g) * WIDTH;
        for (int i = 0; i < DIMENSION; i++)
            x[g][i] = OP(loadu_pd)(&position[i][l]);
        years[g] = OP(loadu_pd)(&age[l]);
        still[g] = FLAGS_OF(OP(loadu_pd)(&alive[l]));
    }
    for (int s = 0; s < STEPS; s++) {
        EACH {
            const float *drawn = &normals[s * DIMENSION][(from + g) * WIDTH];
            doubles well = OP(fmsub_pd)(x[g][0], x[g][0], one);
            doubles loss = OP(fmadd_pd)(OP(mul_pd)(barrier, well), well, floor);
            for (int i = 1; i < DIMENSION; i++) {
                doubles half_h = OP(set1_pd)(0.5 * m->stiffness[i]);
                loss = OP(fmadd_pd)(OP(mul_pd)(half_h, x[g][i]), x[g][i], loss);
            }
            doubles amplitude = OP(sqrt_pd)(OP(mul_pd)(scale, loss));
            doubles drifted = OP(fnmadd_pd)(OP(mul_pd)(slope, x[g][0]), well, x[g][0]);
            x[g][0] = OP(fmadd_pd)(amplitude, OP(cvtps_pd)(HALF_LOAD(drawn)), drifted);
            doubles distance = OP(fnmadd_pd)(OP(set1_pd)(m->normal[0]), x[g][0], offset);
            for (int i = 1; i < DIMENSION; i++) {
                doubles kept = OP(set1_pd)(1.0 - m->time_step * m->stiffness[i]);
                doubles kick = OP(cvtps_pd)(HALF_LOAD(drawn + i * N_LANES));
                x[g][i] = OP(fmadd_pd)(amplitude, kick, OP(mul_pd)(kept, x[g][i]));
                distance = OP(fnmadd_pd)(OP(set1_pd)(m->normal[i]), x[g][i], distance);
            }
            years[g] = COUNT_IF(still[g], years[g]);
            still[g] = STILL(still[g], distance, OP(mul_pd)(shift, amplitude));
        }
    }
    EACH {
        int l = (from + g) * WIDTH;
        for (int i = 0; i < DIMENSION; i++)
            OP(storeu_pd)(&position[i][l], x[g][i]);
        OP(storeu_pd)(&age[l], years[g]);
        OP(storeu_pd)(&alive[l], VALUES_OF(still[g]));
    }
}

static void step_lanes(const model *m)
{
    for (int v = 0; v < N_VECTORS; v += GROUP)
        step_group(m, v);
}
