/* What both first-passage programs in C have in common: the model, the lanes with their random
 * streams, and the loop that hands them paths. What includes it fills the normals and steps the lanes.
 */
#include <stdint.h>
#include <string.h>

#ifndef DIMENSION
#define DIMENSION 1
#endif
enum { N_LANES = 32, ROWS = 64, STEPS = ROWS / DIMENSION, PAIRS = ROWS / 2 };

typedef struct {
    double floor, barrier, stiffness[DIMENSION], temperature, time_step, offset, normal[DIMENSION], shift;
} model;

static uint32_t generators[4][N_LANES];
static float normals[ROWS][N_LANES];
static double position[DIMENSION][N_LANES], age[N_LANES], alive[N_LANES];

static uint64_t mix(uint64_t z)
{
    z += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static void seed_lane(int lane, uint64_t key, uint64_t path)
{
    uint64_t first = mix(key ^ mix(path)), second = mix(first);
    generators[0][lane] = (uint32_t)first;
    generators[1][lane] = (uint32_t)(first >> 32);
    generators[2][lane] = (uint32_t)second;
    generators[3][lane] = (uint32_t)(second >> 32) | 1u;
}

static void fill_normals(void);
static void step_lanes(const model *m);

/* Run every path to its first passage or to max_steps; return the path-steps made. */
int64_t first_passage(const model *m, uint64_t key, int64_t n_paths, double max_steps,
                      double *steps)
{
    int64_t path[N_LANES], next = 0, blocks = 0;
    memset(path, -1, sizeof path);
    for (;; blocks++) {
        int running = 0;
        for (int l = 0; l < N_LANES; l++) {
            if (path[l] >= 0 && (alive[l] == 0.0 || age[l] >= max_steps)) {
                steps[path[l]] = age[l] < max_steps ? age[l] : max_steps;
                path[l] = -1;
            }
            if (path[l] < 0 && next < n_paths) {
                path[l] = next++;
                seed_lane(l, key, (uint64_t)path[l]);
                age[l] = 0.0;
                alive[l] = 1.0;
                position[0][l] = -1.0;
                for (int i = 1; i < DIMENSION; i++)
                    position[i][l] = 0.0;
            }
            running += path[l] >= 0;
        }
        if (!running)
            return blocks * STEPS * N_LANES;
        fill_normals();
        step_lanes(m);
    }
}
