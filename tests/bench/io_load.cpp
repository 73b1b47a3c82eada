// The same reads and writes on several files in turn, several times over; prints medians, and the first file's as a
// part of the others'.
//
//   io_load [--size 256MiB] [--seconds 1] [--rounds 5] [--random-reads] NAME=FILE NAME=FILE...
//
// The files take turns in every round, so that what else the machine does hits all of them. All I/O is O_DIRECT. Writes
// begin with an empty file (an empty zone) and end with fdatasync. With --random-reads nothing is written, and only random
// reads at depth 32 are measured, of the first --size bytes, which must be there: of devices too.
#include <liburing.h>
#include <CLI/CLI.hpp>

#include <functional>
#include <random>

#include "tests/bench/measure.h"

namespace bench {
namespace {

struct Target {
  std::string name;
  std::string path;
};

struct Options {
  std::uint64_t size_bytes = 256 * mebibyte;
  double seconds = 1;
  unsigned rounds = 5;
  bool random_reads_only = false;
  std::vector<Target> targets;
};

/// Reads of `block_bytes`, `depth` at a time; blocking calls where that is one, as most programs do.
struct ReadLoad {
  std::size_t block_bytes;
  unsigned depth;
  bool random;
};

class Offsets {
 public:
  Offsets(const ReadLoad& load, std::uint64_t file_bytes)
      : block_bytes_(load.block_bytes), blocks_(file_bytes / load.block_bytes), random_(load.random) {
    if (blocks_ == 0) fail("the file is smaller than one block of {} bytes", load.block_bytes);
  }
  off_t next() {
    const std::uint64_t block = random_ ? generator_() % blocks_ : position_++ % blocks_;
    return static_cast<off_t>(block * block_bytes_);
  }

 private:
  std::size_t block_bytes_;
  std::uint64_t blocks_;
  bool random_;
  std::uint64_t position_ = 0;
  std::mt19937_64 generator_{42};
};

/// Blocks read a second.
double read_blocking(const File& file, std::uint64_t file_bytes, const ReadLoad& load, const Memory& memory,
                     double seconds) {
  Offsets offsets(load, file_bytes);
  std::uint64_t done = 0;
  const double start = seconds_now();
  double now = start;
  while (now - start < seconds) {
    const ssize_t got = ::pread(file.fd(), memory.data(), load.block_bytes, offsets.next());
    expect_all(got, load.block_bytes, "read", file.path());
    ++done;
    now = seconds_now();
  }
  return static_cast<double>(done) / (now - start);
}

/// Blocks read a second.
double read_queued(const File& file, std::uint64_t file_bytes, const ReadLoad& load, const Memory& memory,
                   double seconds) {
  io_uring ring{};
  if (const int error = ::io_uring_queue_init(load.depth, &ring, 0); error < 0)
    fail("io_uring: {}", std::strerror(-error));
  Offsets offsets(load, file_bytes);
  const auto submit = [&](std::uint64_t slot) {
    io_uring_sqe* entry = ::io_uring_get_sqe(&ring);
    ::io_uring_prep_read(entry, file.fd(), memory.data() + slot * load.block_bytes,
                         static_cast<unsigned>(load.block_bytes), static_cast<std::uint64_t>(offsets.next()));
    entry->user_data = slot;
  };

  std::uint64_t done = 0;
  unsigned in_flight = load.depth;
  const double start = seconds_now();
  double now = start;
  for (unsigned slot = 0; slot < load.depth; ++slot) submit(slot);
  while (in_flight > 0) {
    if (::io_uring_submit_and_wait(&ring, 1) < 0) fail_errno("io_uring", file.path());
    now = seconds_now();
    const bool going_on = now - start < seconds;
    io_uring_cqe* completion = nullptr;
    while (::io_uring_peek_cqe(&ring, &completion) == 0) {
      if (completion->res != static_cast<int>(load.block_bytes)) {
        fail("read {}: {}", file.path(), completion->res < 0 ? std::strerror(-completion->res) : "short");
      }
      const std::uint64_t slot = completion->user_data;
      ::io_uring_cqe_seen(&ring, completion);
      ++done;
      if (going_on) {
        submit(slot);
      } else {
        --in_flight;
      }
    }
  }
  ::io_uring_queue_exit(&ring);
  return static_cast<double>(done) / (now - start);
}

double read_rate(const Target& target, const ReadLoad& load, const Options& options) {
  const File file(target.path, O_RDONLY | O_DIRECT);
  const Memory memory(load.block_bytes * load.depth);
  // A device has no size as a file has.
  const std::uint64_t file_bytes = options.random_reads_only ? options.size_bytes : file.size();
  return load.depth == 1 ? read_blocking(file, file_bytes, load, memory, options.seconds)
                         : read_queued(file, file_bytes, load, memory, options.seconds);
}

/// Blocks written a second, from an empty file to `size_bytes`, the final flush included.
double write_rate(const Target& target, std::size_t block_bytes, const Options& options) {
  const File file(target.path, O_RDWR | O_DIRECT);
  const Memory memory(block_bytes);
  file.reset();
  file.sync();
  const std::uint64_t blocks = options.size_bytes / block_bytes;
  const double start = seconds_now();
  for (std::uint64_t block = 0; block < blocks; ++block) {
    const ssize_t put = ::pwrite(file.fd(), memory.data(), block_bytes, static_cast<off_t>(block * block_bytes));
    expect_all(put, block_bytes, "write", file.path());
  }
  file.sync();
  return static_cast<double>(blocks) / (seconds_now() - start);
}

/// A second: emptying the file, which resets a zone, and the first block that is written then.
double first_write_rate(const Target& target, const Options& options) {
  const File file(target.path, O_RDWR | O_DIRECT);
  const Memory memory(4096);
  std::uint64_t done = 0;
  const double start = seconds_now();
  double now = start;
  while (now - start < options.seconds) {
    file.reset();
    expect_all(::pwrite(file.fd(), memory.data(), 4096, 0), 4096, "write", file.path());
    ++done;
    now = seconds_now();
  }
  return static_cast<double>(done) / (now - start);
}

/// Blocks a second, each made durable before the next.
double synced_write_rate(const Target& target, const Options& options) {
  const File file(target.path, O_RDWR | O_DIRECT);
  const Memory memory(4096);
  file.reset();
  file.sync();
  const std::uint64_t blocks = options.size_bytes / 4096;
  std::uint64_t done = 0;
  const double start = seconds_now();
  double now = start;
  while (now - start < options.seconds && done < blocks) {
    expect_all(::pwrite(file.fd(), memory.data(), 4096, static_cast<off_t>(done * 4096)), 4096, "write", file.path());
    file.sync();
    ++done;
    now = seconds_now();
  }
  return static_cast<double>(done) / (now - start);
}

using Rate = std::function<double(const Target&)>;

/// One line of the table: the median of each target, and the first as a part of every other and of the slowest other.
void measure(std::string_view title, double unit, const Options& options, const Rate& rate) {
  std::vector<std::vector<double>> samples(options.targets.size());
  for (unsigned round = 0; round < options.rounds; ++round) {
    for (std::size_t turn = 0; turn < options.targets.size(); ++turn) {
      const std::size_t target = (turn + round) % options.targets.size();
      samples[target].push_back(rate(options.targets[target]) * unit);
    }
  }
  std::string line = fmt::format("{:<34}", title);
  std::vector<double> medians;
  for (const auto& of_target : samples) {
    medians.push_back(median(of_target));
    line += fmt::format(" {:>12.0f}", medians.back());
  }
  if (medians.size() > 1) {
    const double slower = *std::min_element(medians.begin() + 1, medians.end());
    line += fmt::format(" {:>16.2f}", medians.front() / slower);
  }
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

void measure_all(const Options& options) {
  std::string heading = fmt::format("{:<34}", fmt::format("median of {} rounds", options.rounds));
  for (const Target& target : options.targets) heading += fmt::format(" {:>12}", target.name);
  if (options.targets.size() > 1) heading += fmt::format(" {:>16}", "of slower other");
  fmt::print("{}\n", heading);

  const auto reads = [&](std::string_view title, double unit, const ReadLoad& load) {
    measure(title, unit, options, [&](const Target& target) { return read_rate(target, load, options); });
  };
  const ReadLoad random_reads{.block_bytes = 4096, .depth = 32, .random = true};
  if (options.random_reads_only) {
    reads("4 KiB random reads, depth 32, 1/s", 1, random_reads);
    return;
  }
  // Writes come first: they fill what the reads then read.
  measure("1 MiB sequential writes, MiB/s", 1, options,
          [&](const Target& target) { return write_rate(target, mebibyte, options); });
  reads("1 MiB sequential reads, MiB/s", 1, {.block_bytes = mebibyte, .depth = 1, .random = false});
  reads("4 KiB random reads, depth 1, 1/s", 1, {.block_bytes = 4096, .depth = 1, .random = true});
  reads("4 KiB random reads, depth 32, 1/s", 1, random_reads);
  measure("reset and first 4 KiB, 1/s", 1, options,
          [&](const Target& target) { return first_write_rate(target, options); });
  measure("4 KiB and fdatasync, 1/s", 1, options,
          [&](const Target& target) { return synced_write_rate(target, options); });
}

Options parse(int argc, char** argv) {
  Options options;
  std::string size;
  std::vector<std::string> targets;
  CLI::App app("The same reads and writes on several files in turn, several times over.", "io_load");
  app.add_option("--size", size, "bytes that are written, at least 1MiB (default 256MiB)");
  app.add_option("--seconds", options.seconds, "how long is read (default 1)")->check(CLI::Range(0.001, 3600.0));
  app.add_option("--rounds", options.rounds, "how often (default 5)")->check(CLI::Range(1, 1000));
  app.add_flag("--random-reads", options.random_reads_only, "random reads at depth 32 only, and no writes");
  app.add_option("TARGET", targets, "NAME=FILE")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  if (!size.empty()) options.size_bytes = parse_size(size);
  if (options.size_bytes < mebibyte) fail("--size {}: less than 1MiB", size);
  for (const std::string& target : targets) {
    const std::size_t equals = target.find('=');
    if (equals == std::string::npos) fail("{}: not NAME=FILE", target);
    options.targets.push_back({target.substr(0, equals), target.substr(equals + 1)});
  }
  return options;
}

}  // namespace
}  // namespace bench

int main(int argc, char* argv[]) {
  const bench::Options options = bench::parse(argc, argv);
  bench::measure_all(options);
  return 0;
}
