/* What is hot, compiled: the line model, and texts as arrays.

   Each function gives the bits that its definition in Python gives, which stands beside the call: `LineModel._logits` in
   linemodel/network.py, `Text` in text/lines.py, `repetition` in describe/repetition.py. Whole numbers are summed exactly, and floats are computed one operation
   at a time in the order of the definition; the compiler is told not to contract them (-ffp-contract=off).

   No header of Python is needed: one library serves every version. It keeps no state and may be called from any thread.
*/

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/* CRC-32 of this file, which whoever builds it gives: `native/__init__.py` takes no library of other source. */
EXPORT uint32_t cleancopy_source(void) { return SOURCE; }

/* ---- The line model ---- */

enum { WIDTH = 7, REACH = 32, HEADS = 6, CONVOLUTIONS = 3, GAP = 12, INPUT_LEVELS = 255, ACTIVATION_LEVELS = 1023 };
enum { ROWS = 4, COLUMNS = 16 };
enum { ENTER, CONVOLUTION, POOL = CONVOLUTION + CONVOLUTIONS, SPREAD, HIDDEN, LEAVE, LAYERS };

static const int DILATIONS[CONVOLUTIONS] = {1, 2, 4};

/* inputs is even, outputs a multiple of COLUMNS; what pads them is zero.
   weight: [inputs / 2][outputs][2], the weights of two neighbouring inputs side by side. */
typedef struct {
    const int16_t *weight;
    const float *scale;
    const float *bias;
    int64_t inputs, outputs;
} Layer;

/* The rows that go into a layer: each is `pieces` runs of `length` values, `step` values from one to the next. */
typedef struct {
    const int16_t *first;
    int64_t stride, pieces, length, step;
} Rows;

/* Sums of ROWS rows over COLUMNS outputs. */
typedef void (*Multiply)(const Layer *, const Rows *, const int16_t *const *, int64_t, int32_t[ROWS][COLUMNS]);

#if defined(__x86_64__)

static inline int32_t pair(const int16_t *values) {
    int32_t both;
    memcpy(&both, values, sizeof both);
    return both;
}

/* SSE2 is part of x86-64; both variants add products of pairs, which 32 bits hold. */
#define MULTIPLY(NAME, TARGET, VECTOR, LANES, LOAD, STORE, SPREAD_PAIR, MADD, ADD, ZERO)                               \
    TARGET static void NAME(const Layer *layer, const Rows *in, const int16_t *const *rows, int64_t column,            \
                            int32_t out[ROWS][COLUMNS]) {                                                              \
        const int64_t line = 2 * layer->outputs;                                                                       \
        for (int half = 0; half < COLUMNS; half += 2 * LANES) {                                                        \
            const int16_t *weight = layer->weight + 2 * (column + half);                                               \
            VECTOR sums[ROWS][2];                                                                                      \
            for (int row = 0; row < ROWS; row++) sums[row][0] = sums[row][1] = ZERO();                                 \
            for (int64_t piece = 0; piece < in->pieces; piece++) {                                                     \
                const int64_t from = piece * in->step;                                                                 \
                for (int64_t at = from; at < from + in->length; at += 2, weight += line) {                             \
                    const VECTOR left = LOAD((const VECTOR *)weight);                                                  \
                    const VECTOR right = LOAD((const VECTOR *)(weight + 2 * LANES));                                   \
                    for (int row = 0; row < ROWS; row++) {                                                             \
                        const VECTOR value = SPREAD_PAIR(pair(rows[row] + at));                                        \
                        sums[row][0] = ADD(sums[row][0], MADD(value, left));                                           \
                        sums[row][1] = ADD(sums[row][1], MADD(value, right));                                          \
                    }                                                                                                  \
                }                                                                                                      \
            }                                                                                                          \
            for (int row = 0; row < ROWS; row++) {                                                                     \
                STORE((VECTOR *)(out[row] + half), sums[row][0]);                                                      \
                STORE((VECTOR *)(out[row] + half + LANES), sums[row][1]);                                              \
            }                                                                                                          \
        }                                                                                                              \
    }

MULTIPLY(multiply_plain, , __m128i, 4, _mm_loadu_si128, _mm_storeu_si128, _mm_set1_epi32, _mm_madd_epi16, _mm_add_epi32,
         _mm_setzero_si128)
MULTIPLY(multiply_avx2, __attribute__((target("avx2"))), __m256i, 8, _mm256_loadu_si256, _mm256_storeu_si256,
         _mm256_set1_epi32, _mm256_madd_epi16, _mm256_add_epi32, _mm256_setzero_si256)

/* Whether processor and system have AVX2. Asked by hand: `__builtin_cpu_supports` needs a runtime that zig lacks. */
static int has_avx2(void) {
    unsigned int a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 6) == 6 && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX2);
}

static Multiply fastest(int plain) { return !plain && has_avx2() ? multiply_avx2 : multiply_plain; }

#elif defined(__aarch64__)

/* NEON is part of aarch64. */
static void multiply_plain(const Layer *layer, const Rows *in, const int16_t *const *rows, int64_t column,
                           int32_t out[ROWS][COLUMNS]) {
    const int64_t line = 2 * layer->outputs;
    const int16_t *weight = layer->weight + 2 * column;
    int32x4_t sums[ROWS][COLUMNS / 4];
    for (int row = 0; row < ROWS; row++)
        for (int part = 0; part < COLUMNS / 4; part++) sums[row][part] = vdupq_n_s32(0);
    for (int64_t piece = 0; piece < in->pieces; piece++) {
        const int64_t from = piece * in->step;
        for (int64_t at = from; at < from + in->length; at += 2, weight += line)
            for (int part = 0; part < COLUMNS / 4; part++) {
                const int16x4x2_t both = vld2_s16(weight + 8 * part);
                for (int row = 0; row < ROWS; row++) {
                    sums[row][part] = vmlal_n_s16(sums[row][part], both.val[0], rows[row][at]);
                    sums[row][part] = vmlal_n_s16(sums[row][part], both.val[1], rows[row][at + 1]);
                }
            }
    }
    for (int row = 0; row < ROWS; row++)
        for (int part = 0; part < COLUMNS / 4; part++) vst1q_s32(out[row] + 4 * part, sums[row][part]);
}

static Multiply fastest(int plain) {
    (void)plain;
    return multiply_plain;
}

#else

static void multiply_plain(const Layer *layer, const Rows *in, const int16_t *const *rows, int64_t column,
                           int32_t out[ROWS][COLUMNS]) {
    const int64_t line = 2 * layer->outputs;
    const int16_t *weight = layer->weight + 2 * column;
    memset(out, 0, sizeof(int32_t[ROWS][COLUMNS]));
    for (int64_t piece = 0; piece < in->pieces; piece++) {
        const int64_t from = piece * in->step;
        for (int64_t at = from; at < from + in->length; at += 2, weight += line)
            for (int row = 0; row < ROWS; row++)
                for (int place = 0; place < COLUMNS; place++)
                    out[row][place] += rows[row][at] * weight[2 * place] + rows[row][at + 1] * weight[2 * place + 1];
    }
}

static Multiply fastest(int plain) {
    (void)plain;
    return multiply_plain;
}

#endif

/* `rint` of what lies between -2**22 and 2**22: behind the addition there is no room for a fraction. */
static inline float rounded(float value) {
    const float shift = 12582912.0f;
    return (value + shift) - shift;
}

static inline float clipped(float value, float least, float most) {
    value = value < least ? least : value;
    return value > most ? most : value;
}

/* What a layer says of `size` rows. `added`: int16[size, outputs], what it says is added to, up to ACTIVATION_LEVELS; NULL
   for nothing. `out` has `stride` values a row; `logits`, in its place, takes the HEADS outputs before they are rounded. */
static void apply(const Layer *layer, const Rows *in, int64_t size, Multiply multiply, const int16_t *added, int16_t *out,
                  int64_t stride, float *logits) {
    int32_t sums[ROWS][COLUMNS];
    for (int64_t first = 0; first < size; first += ROWS) {
        const int16_t *rows[ROWS];
        const int64_t count = size - first < ROWS ? size - first : ROWS;
        for (int row = 0; row < ROWS; row++)
            rows[row] = in->first + (first + (row < count ? row : count - 1)) * in->stride;
        for (int64_t column = 0; column < layer->outputs; column += COLUMNS) {
            multiply(layer, in, rows, column, sums);
            const float *scale = layer->scale + column, *bias = layer->bias + column;
            for (int64_t row = 0; row < count; row++) {
                if (logits) {
                    for (int place = 0; place < HEADS; place++)
                        logits[(first + row) * HEADS + place] = (float)sums[row][place] * scale[place] + bias[place];
                    continue;
                }
                const int64_t at = (first + row) * stride + column;
                for (int place = 0; place < COLUMNS; place++) {
                    const float said = (float)sums[row][place] * scale[place] + bias[place];
                    int32_t level = (int32_t)rounded(clipped(said, 0, ACTIVATION_LEVELS));
                    if (added) level += added[at + place];
                    out[at + place] = (int16_t)(level < ACTIVATION_LEVELS ? level : ACTIVATION_LEVELS);
                }
            }
        }
    }
}

/* int16[size, 5 channels]: means over the lines above, below and around, maxima over those above and below.
   values: int16[size, stride]; total: uint32[size + 1, channels], for sums that may wrap around. */
static void context(const int16_t *values, int64_t size, int64_t channels, int64_t stride, uint32_t *total, int16_t *out) {
    memset(total, 0, channels * sizeof *total);
    for (int64_t line = 0; line < size; line++)
        for (int64_t at = 0; at < channels; at++)
            total[(line + 1) * channels + at] = total[line * channels + at] + (uint32_t)values[line * stride + at];
    for (int64_t line = 0; line < size; line++) {
        const int64_t low[3] = {0, line, line > REACH ? line - REACH : 0};
        const int64_t high[3] = {line + 1, size, line + REACH + 1 < size ? line + REACH + 1 : size};
        int16_t *here = out + line * 5 * channels;
        for (int span = 0; span < 3; span++) {
            const float count = (float)(high[span] - low[span]);
            const uint32_t *from = total + low[span] * channels, *to = total + high[span] * channels;
            for (int64_t at = 0; at < channels; at++)
                here[span * channels + at] = (int16_t)rounded((float)(int32_t)(to[at] - from[at]) / count);
        }
        for (int64_t at = 0; at < channels; at++) {
            const int16_t value = values[line * stride + at];
            const int16_t above = line ? here[at + (3 - 5) * channels] : value;
            here[3 * channels + at] = above > value ? above : value;
        }
    }
    for (int64_t line = size - 1; line >= 0; line--) {
        int16_t *here = out + (line * 5 + 4) * channels;
        for (int64_t at = 0; at < channels; at++) {
            const int16_t value = values[line * stride + at];
            const int16_t below = line + 1 < size ? here[at + 5 * channels] : value;
            here[at] = below > value ? below : value;
        }
    }
}

/* float[n, HEADS]: `LineModel._logits`. Returns 0, or -1 where there is no memory.

   layers: LAYERS of them, in order; pooled: outputs of POOL before they were padded; mean, scale: float[inputs].
   features: float, `row` values from line to line and `column` from feature to feature; columns: int64[inputs], the
   features that the weights were fitted on. bounds: int64[documents + 1], offsets into the lines. plain: leave out what
   not every processor of the kind has. */
EXPORT int64_t cleancopy_logits(int64_t plain, const Layer *layers, int64_t pooled, const float *mean,
                                const float *scale, int64_t inputs, const float *features, int64_t row, int64_t column,
                                const int64_t *columns, const int64_t *bounds, int64_t documents, float *logits) {
    const Multiply multiply = fastest(plain != 0);
    const int64_t channels = layers[ENTER].outputs, given = layers[ENTER].inputs, spread = layers[SPREAD].inputs;
    const int64_t wide = layers[POOL].outputs, hidden = layers[HIDDEN].outputs;
    int64_t most = 0;
    for (int64_t document = 0; document < documents; document++) {
        const int64_t size = bounds[document + 1] - bounds[document];
        most = size > most ? size : most;
    }
    if (!most) return 0;
    const int64_t padded = most + 2 * GAP;
    const int64_t values = most * (given + wide + spread + 2 * channels + hidden) + 2 * padded * channels;
    int16_t *memory = calloc(values, sizeof *memory);
    uint32_t *total = malloc((most + 1) * pooled * sizeof *total);
    if (!memory || !total) {
        free(memory);
        free(total);
        return -1;
    }
    int16_t *seen = memory, *pool = seen + most * given, *around = pool + most * wide, *both = around + most * spread;
    int16_t *deep = both + most * 2 * channels, *states[2] = {deep + most * hidden, deep + most * hidden + padded * channels};
    for (int64_t document = 0; document < documents; document++) {
        const int64_t start = bounds[document], size = bounds[document + 1] - start;
        if (!size) continue;
        for (int64_t at = 0; at < inputs; at++) {
            const float *from = features + start * row + columns[at] * column;
            for (int64_t line = 0; line < size; line++) {
                const float value = (from[line * row] - mean[at]) * scale[at];
                seen[line * given + at] = (int16_t)rounded(clipped(value, -INPUT_LEVELS, INPUT_LEVELS));
            }
        }
        /* Lines that stand for empty ones: no convolution reaches further. */
        for (int side = 0; side < 2; side++)
            memset(states[side] + (GAP + size) * channels, 0, GAP * channels * sizeof *memory);
        int16_t *state = states[0] + GAP * channels, *next = states[1] + GAP * channels;
        apply(&layers[ENTER], &(Rows){seen, given, 1, given, 0}, size, multiply, NULL, state, channels, NULL);
        for (int64_t line = 0; line < size; line++)
            memcpy(both + (2 * line + 1) * channels, state + line * channels, channels * sizeof *memory);
        for (int index = 0; index < CONVOLUTIONS; index++) {
            const int64_t step = DILATIONS[index] * channels;
            const Rows under = {state - WIDTH / 2 * step, channels, WIDTH, channels, step};
            apply(&layers[CONVOLUTION + index], &under, size, multiply, state, next, channels, NULL);
            int16_t *last = state;
            state = next;
            next = last;
            if (index) continue;
            apply(&layers[POOL], &(Rows){state, channels, 1, channels, 0}, size, multiply, NULL, pool, wide, NULL);
            context(pool, size, pooled, wide, total, around);
            apply(&layers[SPREAD], &(Rows){around, spread, 1, spread, 0}, size, multiply, state, state, channels, NULL);
        }
        for (int64_t line = 0; line < size; line++)
            memcpy(both + 2 * line * channels, state + line * channels, channels * sizeof *memory);
        apply(&layers[HIDDEN], &(Rows){both, 2 * channels, 1, 2 * channels, 0}, size, multiply, NULL, deep, hidden, NULL);
        apply(&layers[LEAVE], &(Rows){deep, hidden, 1, hidden, 0}, size, multiply, NULL, NULL, 0, logits + start * HEADS);
    }
    free(total);
    free(memory);
    return 0;
}

/* ---- Texts as arrays ---- */

enum { BASIC_PLANE = 0x10000, LINE_FEED = 10, CLASSES = 16, SPACE = 6, MARK = 5, IDEOGRAPH = 3 };

/* Class and hash of each of the code points: `_look_up`. Returns 1 where some lie beyond the basic plane, and have none yet,
   plus 2 where some are of a script that is cut into syllables (`_SYLLABIC`). */
EXPORT int64_t cleancopy_look_up(const uint32_t *codes, int64_t count, const uint8_t *class_of, const uint64_t *hash_of,
                                 uint8_t *classes, uint64_t *hashes) {
    int beyond = 0, syllabic = 0;
    for (int64_t at = 0; at < count; at++) {
        const uint32_t code = codes[at] < BASIC_PLANE ? codes[at] : BASIC_PLANE - 1;
        beyond |= codes[at] >= BASIC_PLANE;
        syllabic |= code - 0x0E00 < 0x100 || code - 0x1000 < 0xA0 || code - 0x1780 < 0x80;
        classes[at] = class_of[code];
        hashes[at] = hash_of[code];
    }
    return beyond + 2 * syllabic;
}

/* Words of the text. */
EXPORT int64_t cleancopy_count_words(const uint8_t *classes, int64_t count) {
    int64_t words = 0;
    for (int64_t at = 0; at < count; at++)
        words += classes[at] <= MARK && (!at || classes[at - 1] > MARK || classes[at] == IDEOGRAPH ||
                                         classes[at - 1] == IDEOGRAPH);
    return words;
}

/* The arrays of `Text`: starts and ends int64[lines], words int64[lines + 1], word_starts, word_ends and word_line int64
   of as many words as there are, counts int64[lines, CLASSES], prefix uint64[count + 1]. Returns the number of lines; where
   it is not `lines`, there is nothing in the arrays. */
EXPORT int64_t cleancopy_cut(const uint32_t *codes, const uint8_t *classes, const uint64_t *hashes, int64_t count,
                             uint64_t odd, int64_t lines, int64_t *starts, int64_t *ends, int64_t *words,
                             int64_t *word_starts, int64_t *word_ends, int64_t *word_line, int64_t *counts,
                             uint64_t *prefix) {
    int64_t found = 0;
    for (int64_t at = 0; at < count; at++) found += codes[at] == LINE_FEED;
    if (found != lines) return found;
    uint64_t power = 1, sum = 0;
    int64_t line = 0, word = 0, start = 0;
    int inside = 0;
    memset(counts, 0, lines * CLASSES * sizeof *counts);
    prefix[0] = 0;
    words[0] = 0;
    for (int64_t at = 0; at < count; at++) {
        const uint8_t kind = classes[at];
        prefix[at + 1] = sum += hashes[at] * power;
        power *= odd;
        if (kind <= MARK) {
            if (inside && (kind == IDEOGRAPH || classes[at - 1] == IDEOGRAPH)) {
                word_ends[word++] = at;
                inside = 0;
            }
            if (!inside) {
                word_starts[word] = at;
                word_line[word] = line;
                inside = 1;
            }
        } else if (inside) {
            word_ends[word++] = at;
            inside = 0;
        }
        if (codes[at] == LINE_FEED) {
            starts[line] = start;
            ends[line++] = at;
            words[line] = word;
            start = at + 1;
        } else {
            counts[line * CLASSES + kind]++;
        }
    }
    return found;
}

/* uint64[size]: `Text.span_hashes`. */
EXPORT void cleancopy_span_hashes(const uint64_t *prefix, const uint64_t *inverses, const int64_t *starts,
                                  const int64_t *ends, int64_t size, uint64_t *hashes) {
    for (int64_t at = 0; at < size; at++) {
        const uint64_t hash = (prefix[ends[at]] - prefix[starts[at]]) * inverses[starts[at]];
        hashes[at] = hash ^ (hash >> 32);
    }
}

/* ---- Repeated runs of words ---- */

/* Characters in the runs of `size` words that begin at those of the ascending `places` that are chosen: of the group of
   `group`, or, where it is -1, those that are not the first of theirs. Where runs overlap, a character counts once. */
static int64_t covered(const int64_t *places, const int64_t *first, int64_t count, int64_t group, int64_t size,
                       const int64_t *before) {
    int64_t characters = 0, free = 0;
    for (int64_t at = 0; at < count; at++) {
        if (group < 0 ? first[at] == at : first[at] != group) continue;
        const int64_t stop = places[at] + size, from = places[at] > free ? places[at] : free;
        characters += before[stop] - before[from];
        free = stop;
    }
    return characters;
}

/* int64[longest - 1, documents]: characters in repeated runs of 2 to `longest` words, up to `top` of them those of the run
   that stands most often, as `repetition`. words: uint64[bounds[documents]] hashes; before: characters before each word and
   behind the last. Returns 0, or -1 where there is no memory. */
EXPORT int64_t cleancopy_repetition(const uint64_t *words, const int64_t *before, const int64_t *bounds, int64_t documents,
                                    uint64_t factor, int64_t top, int64_t longest, int64_t *found) {
    int64_t most = 0;
    for (int64_t document = 0; document < documents; document++)
        most = bounds[document + 1] - bounds[document] > most ? bounds[document + 1] - bounds[document] : most;
    int bits = 4;
    while ((int64_t)1 << bits < 2 * most) bits++;
    int64_t *memory = malloc((4 * most + ((int64_t)1 << bits)) * sizeof *memory);
    if (!memory) return -1;
    int64_t *places = memory, *first = places + most, *counts = first + most, *table = counts + 2 * most;
    uint64_t *runs = (uint64_t *)(counts + most);
    for (int64_t document = 0; document < documents; document++) {
        const int64_t start = bounds[document], stop = bounds[document + 1];
        int64_t count = stop - start;
        for (int64_t at = 0; at < count; at++) {
            places[at] = start + at;
            runs[at] = words[start + at];
        }
        for (int64_t size = 2; size <= longest; size++) {
            int64_t whole = 0;
            for (int64_t at = 0; at < count; at++) {
                if (places[at] + size > stop) continue;
                runs[whole] = runs[at] * factor + words[places[at] + size - 1];
                places[whole++] = places[at];
            }
            count = whole;
            for (bits = 4; (int64_t)1 << bits < 2 * count;) bits++;
            const uint64_t mask = ((uint64_t)1 << bits) - 1;
            memset(table, -1, (mask + 1) * sizeof *table);
            for (int64_t at = 0; at < count; at++) {
                uint64_t slot = runs[at] >> (64 - bits);
                while (table[slot] >= 0 && runs[table[slot]] != runs[at]) slot = (slot + 1) & mask;
                if (table[slot] < 0) {
                    table[slot] = at;
                    counts[at] = 0;
                }
                first[at] = table[slot];
                counts[first[at]]++;
            }
            int64_t group = -1;
            if (size <= top) {
                int64_t often = 1, characters = 0;
                for (int64_t at = 0; at < count; at++) {
                    if (first[at] != at || counts[at] < 2 || counts[at] < often) continue;
                    const int64_t length = before[places[at] + size] - before[places[at]];
                    if (counts[at] == often && length <= characters) continue;
                    group = at;
                    often = counts[at];
                    characters = length;
                }
            }
            found[(size - 2) * documents + document] =
                size <= top && group < 0 ? 0 : covered(places, first, count, group, size, before);
            /* Only where a run repeats can one that is a word longer. */
            int64_t several = 0;
            for (int64_t at = 0; at < count; at++) {
                if (counts[first[at]] < 2) continue;
                runs[several] = runs[at];
                places[several++] = places[at];
            }
            count = several;
        }
    }
    free(memory);
    return 0;
}

/* ---- Languages ---- */

enum { LETTERLESS = 0, UNKNOWN = 1, SCRIPTS = 64 };
static const uint32_t NO_KEY = 0xFFFFFFFF;

/* What `score` looks up; see `Profiles`. script_of, class_of: of the codes of the basic plane. lower: of `classes` classes.
   keys, rows: hash table of 2^bits slots. scores: uint64[rows, wide]. weights: int64[scripts], of a character. */
typedef struct {
    const uint8_t *script_of;
    const uint16_t *class_of, *lower;
    const uint32_t *keys, *rows;
    const uint64_t *scores;
    const int64_t *weights;
    int64_t classes, bits, wide, scripts, kana, han;
    double japanese;
} Languages;

static uint32_t row_of(const Languages *known, uint32_t key) {
    const uint32_t mask = ((uint32_t)1 << known->bits) - 1;
    uint32_t slot = key * 2654435769u >> (32 - known->bits);
    while (known->keys[slot] != key) {
        if (known->keys[slot] == NO_KEY) return 0;
        slot = (slot + 1) & mask;
    }
    return known->rows[slot];
}

/* script, positions: int64[count]; sums: uint64[count, wide], all zero before: as `score`, positions without a letter too.
   points: codes of the basic plane, lengths[piece] of each piece. classes: room for uint16[points]. */
EXPORT void cleancopy_languages(const Languages *known, const uint32_t *points, const int64_t *lengths, int64_t count,
                                uint16_t *classes, int64_t *script, int64_t *positions, uint64_t *sums) {
    int64_t start = 0;
    for (int64_t piece = 0; piece < count; start += lengths[piece++]) {
        int64_t tally[SCRIPTS] = {0}, best = 0;
        for (int64_t at = start; at < start + lengths[piece]; at++) tally[known->script_of[points[at]]]++;
        const int japanese = (double)tally[known->kana] > known->japanese * (double)tally[known->han];
        const int64_t both = tally[known->kana] + tally[known->han], joined = japanese ? known->kana : known->han;
        tally[known->kana] = tally[known->han] = 0;
        tally[joined] = both;
        for (int64_t each = 0; each < known->scripts; each++)
            if (tally[each] * known->weights[each] > tally[best] * known->weights[best]) best = each;
        script[piece] = best;
        for (int64_t at = start; at < start + lengths[piece]; at++) {
            const int64_t said = known->script_of[points[at]];
            const int64_t own = said == known->kana || said == known->han ? joined : said;
            classes[at] = own == best ? known->class_of[points[at]] : LETTERLESS;
        }
    }
    /* Each letter is looked up once the one behind it tells whether both are capitals. */
    const uint32_t size = (uint32_t)known->classes;
    uint32_t first = UNKNOWN, middle = UNKNOWN;
    int capital = 0, before = 0;
    int64_t at = 0;
    for (int64_t piece = 0; piece < count; piece++) {
        int64_t seen = 0;
        uint64_t *own = sums + piece * known->wide;
        for (const int64_t stop = at + lengths[piece]; at < stop; at++) {
            const uint16_t small = known->lower[classes[at]];
            const int here = small != classes[at];
            const int next = piece + 1 < count || at + 1 < stop ? known->lower[classes[at + 1]] != classes[at + 1] : 0;
            const uint32_t class = here && (capital || next) ? small : classes[at];
            capital = here;
            const int kept = class != LETTERLESS || before || !at;
            before = class != LETTERLESS;
            if (!kept) continue;
            const uint32_t far = middle == LETTERLESS ? UNKNOWN : first;
            uint32_t row = row_of(known, (far * size + middle) * size + class);
            if (!row) row = row_of(known, (UNKNOWN * size + middle) * size + class);
            if (!row) row = row_of(known, (UNKNOWN * size + UNKNOWN) * size + class);
            const uint64_t *from = known->scores + row * known->wide;
            for (int64_t lane = 0; lane < known->wide; lane++) own[lane] += from[lane];
            first = middle;
            middle = class;
            seen++;
        }
        positions[piece] = seen;
    }
}
