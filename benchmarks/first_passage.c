/* The first-passage kernel in C: the speed that the compiled Python is measured against.
 *
 * The same algorithm on the same random streams as landscape_sim.kernels: loss-proportional
 * Euler-Maruyama with boundary shift, N_LANES paths side by side, blocks of normals that stay
 * in the first-level cache, a finished lane refilled with the next path. Compiled per
 * dimension with -DDIMENSION=n; the landscape is a quartic double well along x_0 and
 * parabolas of the given stiffness along the others. With -DFORMULA="file" it is what the
 * statements in this file make of x0 and x1: loss, slope0 and slope1.
 */
#include <math.h>

#include "first_passage_paths.h"

static void draw_words(uint32_t *restrict words)
{
    for (int l = 0; l < N_LANES; l++) {
        uint32_t s0 = generators[0][l], s1 = generators[1][l];
        uint32_t s2 = generators[2][l], s3 = generators[3][l];
        uint32_t sum = s0 + s3, shifted = s1 << 9;
        words[l] = ((sum << 7) | (sum >> 25)) + s0;
        s2 ^= s0; s3 ^= s1; s1 ^= s2; s0 ^= s3; s2 ^= shifted;
        generators[0][l] = s0; generators[1][l] = s1; generators[2][l] = s2;
        generators[3][l] = (s3 << 11) | (s3 >> 21);
    }
}

static void fill_normals(void)
{
    for (int p = 0; p < PAIRS; p++) {
        uint32_t words[2][N_LANES];
        draw_words(words[0]);
        draw_words(words[1]);
        for (int l = 0; l < N_LANES; l++) {
            int32_t b1 = (int32_t)words[0][l], b2 = (int32_t)words[1][l];
            float u = (float)(b1 & 0x7FFFFFFF) + 0.5f;
            int32_t bits;
            memcpy(&bits, &u, 4);
            int32_t e = (bits - 0x3F3504F3) >> 23;
            bits -= (int32_t)((uint32_t)e << 23);
            memcpy(&u, &bits, 4);
            float f = u - 1.0f;
            float log_u = ((((((-0.09895351f * f + 0.16126248f) * f - 0.17278206f) * f
                + 0.19913349f) * f - 0.24968907f) * f + 0.33334607f) * f - 0.50000376f) * f
                + 0.99999994f;
            log_u = f * log_u + (float)(e - 31) * 0.6931472f;
            float radius = sqrtf(-2.0f * log_u), angle = (float)b2 * 0x1p-32f, w = angle * angle;
            float s = angle * ((((0.07765591f * w - 0.5982904f) * w + 2.5500774f) * w
                - 5.1677103f) * w + 3.1415927f);
            float c = (((0.21968243f * w - 1.3318729f) * w + 4.0584106f) * w - 4.934793f) * w
                + 0.99999994f;
            normals[2 * p][l] = (b1 >= 0 ? 1.0f : -1.0f) * radius * c;
            normals[2 * p + 1][l] = radius * s;
        }
    }
}

#ifdef FORMULA
static void step_lanes(const model *m)
{
    double scale = 2.0 * m->temperature * m->time_step;
    for (int s = 0; s < STEPS; s++) {
        for (int l = 0; l < N_LANES; l++) {
            double x0 = position[0][l];
#if DIMENSION > 1
            double x1 = position[1][l];
#endif
#include FORMULA
            double amplitude = sqrt(scale * loss);
            const float *normal = &normals[s * DIMENSION][l];
            double moved = x0 - m->time_step * slope0 + amplitude * normal[0];
            double distance = m->offset - m->normal[0] * moved;
#if DIMENSION > 1
            x1 += amplitude * normal[N_LANES] - m->time_step * slope1;
            distance -= m->normal[1] * x1;
            position[1][l] = x1;
#endif
            age[l] += alive[l];
            alive[l] *= distance <= m->shift * amplitude ? 0.0 : 1.0;
            position[0][l] = moved;
        }
    }
}
#else
static void step_lanes(const model *m)
{
    for (int s = 0; s < STEPS; s++) {
        for (int l = 0; l < N_LANES; l++) {
            double x = position[0][l], well = x * x - 1.0, loss = m->barrier * well * well;
            for (int i = 1; i < DIMENSION; i++)
                loss += 0.5 * m->stiffness[i] * position[i][l] * position[i][l];
            double amplitude = sqrt(2.0 * m->temperature * m->time_step * (m->floor + loss));
            const float *normal = &normals[s * DIMENSION][l];
            double moved = x - m->time_step * 4.0 * m->barrier * x * well + amplitude * normal[0];
            double distance = m->offset - m->normal[0] * moved;
            for (int i = 1; i < DIMENSION; i++) {
                double y = position[i][l];
                y += amplitude * normal[i * N_LANES] - m->time_step * m->stiffness[i] * y;
                distance -= m->normal[i] * y;
                position[i][l] = y;
            }
            age[l] += alive[l];
            alive[l] *= distance <= m->shift * amplitude ? 0.0 : 1.0;
            position[0][l] = moved;
        }
    }
}
#endif
