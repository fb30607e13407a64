/* Mini-batch SGD in C, d = 1, B = 1: the speed that the compiled Python is measured against.
 *
 * The same loop on the same random stream as landscape_sim.kernels.minibatch: linear regression,
 * a sample drawn with replacement, and a test of the loss against its level after every step.
 */
#include <stdint.h>

typedef struct {
    uint32_t s[4];
} generator;

static uint32_t next_word(generator *g)
{
    uint32_t s0 = g->s[0], s1 = g->s[1], s2 = g->s[2], s3 = g->s[3];
    uint32_t sum = s0 + s3, word = ((sum << 7) | (sum >> 25)) + s0, shifted = s1 << 9;
    s2 ^= s0; s3 ^= s1; s1 ^= s2; s0 ^= s3; s2 ^= shifted;
    g->s[0] = s0; g->s[1] = s1; g->s[2] = s2; g->s[3] = (s3 << 11) | (s3 >> 21);
    return word;
}

/* Run one path for at most max_steps; return the steps made until the loss has reached level. */
int64_t minibatch(const double *x, const double *y, int64_t n, double learning_rate,
                  double floor, double centre, double curvature, double level, double *position,
                  uint32_t *state, int64_t max_steps)
{
    generator g = {{state[0], state[1], state[2], state[3]}};
    double theta = *position;
    int64_t step = 0;
    while (step < max_steps) {
        uint64_t i = ((uint64_t)next_word(&g) * (uint64_t)n) >> 32;
        theta -= learning_rate * (theta * x[i] - y[i]) * x[i];
        step++;
        double offset = theta - centre;
        if (!(level - (floor + 0.5 * offset * (curvature * offset)) > 0.0))
            break;
    }
    *position = theta;
    for (int k = 0; k < 4; k++)
        state[k] = g.s[k];
    return step;
}
