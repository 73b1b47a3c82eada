/* Gathers what its command line says by the C interface of the library, and prints the results as JSON.
 *
 *     gather_driver [OPTION]... SOURCE... -- DESTINATION...
 *       SOURCE        NAME@OFFSET+LENGTH     DESTINATION   NAME[@OFFSET]
 *       NAME          a path, or zone:DEVICE#NUMBER for a zone that is not mounted, or fd:NUMBER for an open descriptor
 *       --mode=N      enum zonecopy_copy_mode     --rate=N   bytes per second     --background
 *       --stop=N      stops after N bytes         --plan     plans only           --sync   makes the destinations durable
 *
 * SIGINT stops it. With --announce the first progress is a line on stderr; with --wait it then also waits until
 * stdin ends. The exit status is 0 whatever the gather came to; 2 where a file cannot be opened; 64 for a wrong command line. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zonecopy/zonecopy.h"

#define NAMES_MAX 4096
#define DESTINATIONS_MAX 16

struct opened {
  char name[512];
  int access;
  struct zonecopy_file* file;
};

struct driver {
  struct zonecopy_gatherer* gatherer;
  struct zonecopy_error error;
  struct opened files[NAMES_MAX];
  size_t file_count;
  struct zonecopy_range ranges[NAMES_MAX];
  size_t range_count;
  struct zonecopy_destination destinations[DESTINATIONS_MAX];
  size_t destination_count;
  struct zonecopy_options options;
  uint64_t stop_after_bytes;
  uint64_t progress_calls;
  uint64_t progress_last_bytes;
  int plan;
  int sync;
  int announce;
  int wait;
};

/* For the signal handler. */
static struct zonecopy_gatherer* stopped_by_signal;

static void on_signal(int number) {
  (void)number;
  zonecopy_stop(stopped_by_signal);
}

static void give_up(const struct driver* driver, const char* name) {
  printf("{\"opened\": \"%s\", \"status\": %d, \"text\": \"%s\"}\n", name, (int)driver->error.code, driver->error.text);
  exit(2);
}

static void wrong_line(const char* word) {
  fprintf(stderr, "gather_driver: what is '%s'?\n", word);
  exit(64);
}

static struct zonecopy_file* open_named(struct driver* driver, const char* name, int access) {
  struct opened* opened = NULL;
  const char* number = strrchr(name, '#');
  size_t i;
  int status;
  for (i = 0; i < driver->file_count; ++i) {
    if (strcmp(driver->files[i].name, name) == 0 && driver->files[i].access == access) return driver->files[i].file;
  }
  if (driver->file_count == NAMES_MAX || strlen(name) >= sizeof opened->name) wrong_line(name);
  opened = &driver->files[driver->file_count];
  strcpy(opened->name, name);
  opened->access = access;
  if (strncmp(name, "zone:", 5) == 0 && number != NULL) {
    char device[512];
    memcpy(device, name + 5, (size_t)(number - name) - 5);
    device[number - name - 5] = '\0';
    status = zonecopy_open_zone(driver->gatherer, device, (uint32_t)strtoul(number + 1, NULL, 10), access, &opened->file,
                                &driver->error);
  } else if (strncmp(name, "fd:", 3) == 0) {
    status = zonecopy_use_descriptor(driver->gatherer, atoi(name + 3), &opened->file, &driver->error);
  } else {
    status = zonecopy_open_file(driver->gatherer, name, access, &opened->file, &driver->error);
  }
  if (status != 0) give_up(driver, name);
  ++driver->file_count;
  return opened->file;
}

static void add_source(struct driver* driver, char* word) {
  char* at = strrchr(word, '@');
  char* plus = at != NULL ? strchr(at, '+') : NULL;
  if (plus == NULL || driver->range_count == NAMES_MAX) wrong_line(word);
  *at = '\0';
  struct zonecopy_range range = ZONECOPY_RANGE(open_named(driver, word, ZONECOPY_READ), strtoull(at + 1, NULL, 10),
                                               strtoull(plus + 1, NULL, 10));
  driver->ranges[driver->range_count++] = range;
}

static void add_destination(struct driver* driver, char* word) {
  char* at = strrchr(word, '@');
  if (driver->destination_count == DESTINATIONS_MAX) wrong_line(word);
  if (at != NULL) *at = '\0';
  struct zonecopy_destination destination = ZONECOPY_DESTINATION(open_named(driver, word, ZONECOPY_WRITE));
  if (at != NULL) destination.offset_bytes = strtoull(at + 1, NULL, 10);
  driver->destinations[driver->destination_count++] = destination;
}

static void note_progress(void* context, uint64_t done_bytes, uint64_t total_bytes) {
  struct driver* driver = context;
  ++driver->progress_calls;
  driver->progress_last_bytes = done_bytes;
  if (driver->announce && driver->progress_calls == 1) fprintf(stderr, "copying\n");
  if (driver->wait && driver->progress_calls == 1) {
    while (getchar() != EOF) continue;
  }
  if (driver->stop_after_bytes != 0 && done_bytes >= driver->stop_after_bytes) zonecopy_stop(driver->gatherer);
  if (done_bytes > total_bytes) abort();
}

static void add_option(struct driver* driver, const char* word) {
  const char* value = strchr(word, '=');
  const uint64_t number = value != NULL ? strtoull(value + 1, NULL, 10) : 0;
  if (strncmp(word, "--mode=", 7) == 0) {
    driver->options.mode = (uint32_t)number;
  } else if (strncmp(word, "--rate=", 7) == 0) {
    driver->options.bytes_per_second = number;
  } else if (strncmp(word, "--stop=", 7) == 0) {
    driver->stop_after_bytes = number;
  } else if (strcmp(word, "--background") == 0) {
    driver->options.background = 1;
  } else if (strcmp(word, "--plan") == 0) {
    driver->plan = 1;
  } else if (strcmp(word, "--announce") == 0) {
    driver->announce = 1;
  } else if (strcmp(word, "--wait") == 0) {
    driver->announce = 1;
    driver->wait = 1;
  } else if (strcmp(word, "--sync") == 0) {
    driver->sync = 1;
  } else {
    wrong_line(word);
  }
}

static void read_line(struct driver* driver, char** words) {
  int behind = 0;
  for (; *words != NULL; ++words) {
    if (strcmp(*words, "--") == 0) {
      behind = 1;
    } else if (!behind && strncmp(*words, "--", 2) == 0) {
      add_option(driver, *words);
    } else if (behind) {
      add_destination(driver, *words);
    } else {
      add_source(driver, *words);
    }
  }
}

static void print_number(const char* name, uint64_t value) { printf("\"%s\": %" PRIu64 ", ", name, value); }

static void print_result(const struct driver* driver, const struct zonecopy_result* result) {
  size_t i;
  printf("{");
  print_number("offset_bytes", result->offset_bytes);
  print_number("bytes", result->bytes);
  print_number("bytes_offloaded", result->bytes_offloaded);
  print_number("bytes_kernel", result->bytes_kernel);
  print_number("bytes_emulated", result->bytes_emulated);
  print_number("commands", result->commands);
  print_number("failed_range", result->failed_range);
  print_number("ways", result->ways);
  printf("\"error\": %d, \"range_bytes\": [", (int)result->error);
  for (i = 0; i < driver->range_count; ++i) printf("%s%" PRIu64, i == 0 ? "" : ", ", result->range_bytes[i]);
  printf("], \"not_offloaded_because\": \"%s\", \"text\": \"%s\"}", result->not_offloaded_because, result->error_text);
}

static void run_plan(struct driver* driver) {
  struct zonecopy_plan plan = ZONECOPY_PLAN;
  const int status = zonecopy_plan_gather(driver->gatherer, driver->ranges, driver->range_count, driver->destinations,
                                          &driver->options, &plan, &driver->error);
  printf("{\"status\": %d, \"text\": \"%s\", ", status, driver->error.text);
  print_number("commands", plan.commands);
  print_number("source_ranges", plan.source_ranges);
  printf("\"copy_mechanism\": \"%s\", \"not_offloaded_because\": \"%s\"}\n", plan.copy_mechanism,
         plan.not_offloaded_because);
}

static void run_gather(struct driver* driver) {
  struct zonecopy_result results[DESTINATIONS_MAX];
  size_t i;
  int status;
  for (i = 0; i < driver->destination_count; ++i) {
    const struct zonecopy_result empty = ZONECOPY_RESULT;
    results[i] = empty;
    results[i].range_bytes = calloc(driver->range_count + 1, sizeof *results[i].range_bytes);
  }
  status = zonecopy_gather(driver->gatherer, driver->ranges, driver->range_count, driver->destinations,
                           driver->destination_count, &driver->options, results, &driver->error);
  printf("{\"status\": %d, \"text\": \"%s\", ", status, driver->error.text);
  print_number("progress_calls", driver->progress_calls);
  print_number("progress_last_bytes", driver->progress_last_bytes);
  printf("\"results\": [");
  for (i = 0; i < driver->destination_count; ++i) {
    if (i > 0) printf(", ");
    print_result(driver, &results[i]);
    free(results[i].range_bytes);
  }
  printf("]}\n");
}

int main(int argc, char** argv) {
  static struct driver driver;
  const struct zonecopy_error no_error = ZONECOPY_ERROR;
  const struct zonecopy_options options = ZONECOPY_OPTIONS;
  size_t i;
  if (argc < 2) wrong_line("");
  driver.error = no_error;
  driver.options = options;
  driver.options.progress = note_progress;
  driver.options.context = &driver;
  if (zonecopy_gatherer_new(&driver.gatherer, &driver.error) != 0) give_up(&driver, "");
  stopped_by_signal = driver.gatherer;
  signal(SIGINT, on_signal);
  read_line(&driver, argv + 1);
  if (driver.plan) {
    run_plan(&driver);
  } else {
    run_gather(&driver);
  }
  for (i = 0; driver.sync && i < driver.destination_count; ++i) {
    if (zonecopy_sync(driver.destinations[i].file, &driver.error) != 0) give_up(&driver, "sync");
  }
  for (i = 0; i < driver.file_count; ++i) zonecopy_close(driver.files[i].file);
  zonecopy_gatherer_free(driver.gatherer);
  return 0;
}
