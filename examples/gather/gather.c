/* Gathers pieces of files, in order, to the end of another: what a garbage collector does with what is alive in a zone.
 *
 *     gather DESTINATION SOURCE OFFSET LENGTH [SOURCE OFFSET LENGTH]...
 *     gather mnt/seq/7 mnt/seq/3 0 8192 mnt/seq/3 65536 8192
 *
 * Built against the installed library: by CMake (CMakeLists.txt), or
 *
 *     cc -std=c99 gather.c $(pkg-config --cflags --libs zonecopy) -o gather */
#include <stdio.h>
#include <stdlib.h>
#include <zonecopy/zonecopy.h>

#define RANGES_MAX 100

static int failed(const struct zonecopy_error* error) {
  fprintf(stderr, "gather: %s\n", error->text);
  return 1;
}

int main(int argc, char** argv) {
  struct zonecopy_error error = ZONECOPY_ERROR;
  struct zonecopy_gatherer* gatherer = NULL;
  struct zonecopy_file* files[RANGES_MAX] = {NULL};
  struct zonecopy_range ranges[RANGES_MAX];
  struct zonecopy_file* file = NULL;
  size_t count = argc < 2 ? 0 : ((size_t)argc - 2) / 3;
  if (count == 0 || count > RANGES_MAX || ((size_t)argc - 2) % 3 != 0) {
    fprintf(stderr, "usage: gather DESTINATION SOURCE OFFSET LENGTH [SOURCE OFFSET LENGTH]...\n");
    return 2;
  }

  if (zonecopy_gatherer_new(&gatherer, &error) != 0) return failed(&error);
  if (zonecopy_open_file(gatherer, argv[1], ZONECOPY_WRITE, &file, &error) != 0) return failed(&error);
  for (size_t i = 0; i < count; ++i) {
    char** words = argv + 2 + 3 * i;
    if (zonecopy_open_file(gatherer, words[0], ZONECOPY_READ, &files[i], &error) != 0) return failed(&error);
    struct zonecopy_range range = ZONECOPY_RANGE(files[i], strtoull(words[1], NULL, 0), strtoull(words[2], NULL, 0));
    ranges[i] = range;
  }

  struct zonecopy_destination destination = ZONECOPY_DESTINATION(file);
  struct zonecopy_result result = ZONECOPY_RESULT;
  if (zonecopy_gather(gatherer, ranges, count, &destination, 1, NULL, &result, &error) != 0) return failed(&error);
  if (zonecopy_sync(file, &error) != 0) return failed(&error);
  printf("%llu bytes at %llu, of which %llu offloaded\n", (unsigned long long)result.bytes,
         (unsigned long long)result.offset_bytes, (unsigned long long)result.bytes_offloaded);
  for (size_t i = 0; i < count; ++i) zonecopy_close(files[i]);
  zonecopy_close(file);
  zonecopy_gatherer_free(gatherer);
  return 0;
}
