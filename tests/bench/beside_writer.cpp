// Random reads of 4 KiB while another thread writes: of the file that is written, and of another one. Prints reads a second and
// the 99th percentile of their times, and the first as a part of the second.
//
//   beside_writer [--seconds 1] [--rounds 5] WRITTEN OTHER
//
// The two take turns in every round. Both files have at least 16 MiB; WRITTEN grows, and all reads are of its first 16 MiB. All
// I/O is O_DIRECT. Each thread stays on its processor.
#include <pthread.h>
#include <sched.h>
#include <CLI/CLI.hpp>

#include <atomic>
#include <random>
#include <thread>

#include "tests/bench/measure.h"

namespace bench {
namespace {

constexpr std::size_t read_bytes = 4096;
constexpr std::size_t write_bytes = 256U << 10U;
constexpr std::uint64_t read_range_bytes = 16 * mebibyte;

void stay_on_processor(unsigned number) {
  cpu_set_t processors;
  CPU_ZERO(&processors);
  CPU_SET(number % std::max(1U, std::thread::hardware_concurrency()), &processors);
  (void)pthread_setaffinity_np(pthread_self(), sizeof processors, &processors);
}

/// Appends until it is told to stop, or the zone is full.
class WritingThread {
 public:
  explicit WritingThread(const File& file) : thread_([this, &file] { write(file); }) {}
  WritingThread(const WritingThread&) = delete;
  WritingThread& operator=(const WritingThread&) = delete;
  ~WritingThread() {
    stop_ = true;
    thread_.join();
  }

 private:
  void write(const File& file) {
    stay_on_processor(1);
    const Memory memory(write_bytes);
    std::uint64_t end_bytes = file.size();
    while (!stop_) {
      expect_all(::pwrite(file.fd(), memory.data(), write_bytes, static_cast<off_t>(end_bytes)), write_bytes, "write",
                 file.path());
      end_bytes += write_bytes;
    }
  }

  std::atomic<bool> stop_{false};
  std::thread thread_;
};

struct Reads {
  double a_second = 0;
  double p99_ms = 0;
};

Reads read_beside(const File& written, const std::string& path, double seconds) {
  const File file(path, O_RDONLY | O_DIRECT);
  const Memory memory(read_bytes);
  std::mt19937_64 random(42);
  std::vector<double> times;
  const WritingThread writer(written);
  const double start = seconds_now();
  double now = start;
  while (now - start < seconds) {
    const auto offset = static_cast<off_t>(random() % (read_range_bytes / read_bytes) * read_bytes);
    expect_all(::pread(file.fd(), memory.data(), read_bytes, offset), read_bytes, "read", path);
    const double then = std::exchange(now, seconds_now());
    times.push_back(now - then);
  }
  std::sort(times.begin(), times.end());
  return Reads{static_cast<double>(times.size()) / (now - start), times.at(times.size() * 99 / 100) * 1000};
}

void compare(const std::string& written_path, const std::string& other_path, double seconds, unsigned rounds) {
  stay_on_processor(0);
  const File written(written_path, O_WRONLY | O_DIRECT);
  std::vector<double> rates[2];
  std::vector<double> tails_ms[2];
  for (unsigned round = 0; round < rounds; ++round) {
    for (const bool same : {true, false}) {
      const Reads reads = read_beside(written, same ? written_path : other_path, seconds);
      rates[same ? 0 : 1].push_back(reads.a_second);
      tails_ms[same ? 0 : 1].push_back(reads.p99_ms);
    }
  }
  fmt::print("{:42} {:>9.0f} /s   p99 {:.2f} ms\n", "reads of the zone that is written", median(rates[0]),
             median(tails_ms[0]));
  fmt::print("{:42} {:>9.0f} /s   p99 {:.2f} ms\n", "reads of another zone", median(rates[1]), median(tails_ms[1]));
  fmt::print("{:42} {:>9.2f}      p99 {:.2f}\n", "the first as a part of the second",
             median(rates[0]) / median(rates[1]), median(tails_ms[0]) / median(tails_ms[1]));
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  CLI::App app("Random reads beside a writer: of the file that is written, and of another one.");
  std::string written;
  std::string other;
  double seconds = 1;
  unsigned rounds = 5;
  app.add_option("--seconds", seconds, "how long is read")->check(CLI::Range(0.001, 3600.0))->capture_default_str();
  app.add_option("--rounds", rounds, "how often")->check(CLI::Range(1U, 1000U))->capture_default_str();
  app.add_option("WRITTEN", written)->required();
  app.add_option("OTHER", other)->required();
  CLI11_PARSE(app, argc, argv);
  bench::compare(written, other, seconds, rounds);
  return 0;
}
