// What system calls of a program cost under `zonecopy run`: the same program, alone and supervised, in turns.
//
//   call_load [--rounds 21] [--calls 1000000]
//
// Prints, for kinds of calls, nanoseconds a call in both, and how fast the program is under zonecopy run as a part of alone: as
// the medians of the rounds, and as their best ones, which other programs on the machine disturb least.
#include <sys/syscall.h>
#include <CLI/CLI.hpp>

#include <array>
#include <cstdio>
#include <filesystem>
#include <functional>

#include "tests/bench/measure.h"

namespace bench {
namespace {

struct Kind {
  const char* name;
  const char* words;
  std::function<void(unsigned long calls)> work;
};

void read_zeros(unsigned long calls, std::size_t bytes) {
  const File zeros("/dev/zero", O_RDONLY);
  const Memory memory(bytes);
  for (unsigned long i = 0; i < calls; ++i) {
    expect_all(::read(zeros.fd(), memory.data(), bytes), bytes, "read", zeros.path());
  }
}

void call_nothing(unsigned long calls) {
  for (unsigned long i = 0; i < calls; ++i) (void)::syscall(SYS_getppid);
}

/// Half of the calls do nothing, and half are reads of 64 KiB.
void mix(unsigned long calls) {
  const File zeros("/dev/zero", O_RDONLY);
  const Memory memory(64U << 10U);
  for (unsigned long i = 0; i < calls; i += 2) {
    (void)::syscall(SYS_getppid);
    expect_all(::read(zeros.fd(), memory.data(), 64U << 10U), 64U << 10U, "read", zeros.path());
  }
}

/// As a program that looks for files: each is opened, looked at, read and closed.
void visit_files(unsigned long calls) {
  const Memory memory(64U << 10U);
  for (unsigned long i = 0; i < calls; i += 4) {
    const File file("/proc/self/exe", O_RDONLY);
    (void)file.size();
    expect_all(::read(file.fd(), memory.data(), 16U << 10U), 16U << 10U, "read", file.path());
  }
}

const std::array<Kind, 6>& kinds() {
  static const std::array<Kind, 6> all = {{
      {"getppid", "getppid", call_nothing},
      {"read4", "read 4 KiB of zeros", [](unsigned long calls) { read_zeros(calls, 4U << 10U); }},
      {"read16", "read 16 KiB of zeros", [](unsigned long calls) { read_zeros(calls, 16U << 10U); }},
      {"read64", "read 64 KiB of zeros", [](unsigned long calls) { read_zeros(calls, 64U << 10U); }},
      {"mix", "getppid, read 64 KiB of zeros", mix},
      {"visit", "open, fstat, read 16 KiB, close", visit_files},
  }};
  return all;
}

/// The program that is measured: prints nanoseconds a call.
void run_once(const std::string& name, unsigned long calls) {
  for (const Kind& kind : kinds()) {
    if (name != kind.name) continue;
    const double begin = seconds_now();
    kind.work(calls);
    fmt::print("{:.3f}\n", (seconds_now() - begin) * 1e9 / static_cast<double>(calls));
    return;
  }
  fail("there is no kind {}", name);
}

double measure(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> output(popen(command.c_str(), "r"), &pclose);
  double nanoseconds = 0;
  if (!output || std::fscanf(output.get(), "%lf", &nanoseconds) != 1) fail("{}: it prints no number", command);
  return nanoseconds;
}

void compare(unsigned rounds, unsigned long calls) {
  fmt::print("{:34} {:>9} {:>9} {:>8} {:>8}\n", "nanoseconds a call", "alone", "under", "medians", "best");
  for (const Kind& kind : kinds()) {
    std::vector<double> times[2];
    for (unsigned round = 0; round < 2 * rounds; ++round) {
      const bool under = round % 2 != 0;
      const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
      times[under ? 1 : 0].push_back(measure(
          fmt::format("{}'{}' --once {} --calls {}", under ? "zonecopy run -- " : "", program, kind.name, calls)));
    }
    const auto best = [](const std::vector<double>& values) { return *std::min_element(values.begin(), values.end()); };
    fmt::print("{:34} {:>9.1f} {:>9.1f} {:>8.2f} {:>8.2f}\n", kind.words, best(times[0]), best(times[1]),
               median(times[0]) / median(times[1]), best(times[0]) / best(times[1]));
  }
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  CLI::App app("System calls of a program, alone and under zonecopy run.");
  unsigned rounds = 21;
  unsigned long calls = 1000000;
  std::string once;
  app.add_option("--rounds", rounds, "how often")->check(CLI::Range(1U, 1000U))->capture_default_str();
  app.add_option("--calls", calls, "how many system calls a program makes")->capture_default_str();
  app.add_option("--once", once, "be the program: makes calls of this kind, and prints nanoseconds a call");
  CLI11_PARSE(app, argc, argv);
  if (!once.empty()) {
    bench::run_once(once, calls);
  } else {
    bench::compare(rounds, calls);
  }
  return 0;
}
