// Copies between files of two devices of one mount beside what either device does alone; prints medians.
//
//   pair_bench [--rounds 5] [--name TEXT] [--raw-source DEVICE] [--raw-destination DEVICE] SOURCE DESTINATION
//
// In each round, in turn: the source is read, the destination is written, and the source is copied to the destination by
// copy_file_range(2). With a raw device, the zone from --raw-offset on of a device like that of the file is read or written
// instead of the file, which leaves out what a file system costs. Reads and writes are direct, 1 MiB each; four readers have one request under way each, while a
// zone has one writer. Writes and copies begin with an empty destination and end with fdatasync. An ideal copy takes as long as
// the slower of the two takes alone: that is ratio 1. Two devices that share something (a disk below two images, a
// processor) cannot reach that, so the same read and write are measured at once as well, and the copy's ratio to those.
#include <linux/blkzoned.h>
#include <sys/ioctl.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <thread>

#include "tests/bench/measure.h"

namespace bench {
namespace {

constexpr std::uint64_t readers = 4;

struct Options {
  unsigned rounds = 5;
  std::string name = "copy";
  std::string source;
  std::string destination;
  std::string raw_source;
  std::string raw_destination;
  std::uint64_t raw_offset = 0;
};

void read_every_fourth(const Options& options, std::uint64_t first) {
  const bool raw = !options.raw_source.empty();
  const Memory memory(mebibyte);
  const std::uint64_t size_bytes = File(options.source, O_RDONLY).size();
  const File file(raw ? options.raw_source : options.source, O_RDONLY | O_DIRECT);
  const std::uint64_t from = raw ? options.raw_offset : 0;
  for (std::uint64_t offset = first * mebibyte; offset < size_bytes; offset += readers * mebibyte) {
    const ssize_t got = ::pread(file.fd(), memory.data(), mebibyte, static_cast<off_t>(from + offset));
    if (got <= 0) fail_errno("read", file.path());
  }
}

double read_alone(const Options& options) {
  const double start = seconds_now();
  std::vector<std::thread> threads;
  for (std::uint64_t first = 0; first < readers; ++first)
    threads.emplace_back(read_every_fourth, std::cref(options), first);
  for (std::thread& thread : threads) thread.join();
  return seconds_now() - start;
}

void reset_zone(const File& device, std::uint64_t offset_bytes) {
  std::uint32_t zone_sectors = 0;
  if (::ioctl(device.fd(), BLKGETZONESZ, &zone_sectors) != 0) fail_errno("zone size", device.path());
  blk_zone_range range{offset_bytes / 512, zone_sectors};
  if (::ioctl(device.fd(), BLKRESETZONE, &range) != 0) fail_errno("reset", device.path());
}

double write_alone(const Options& options) {
  const Memory memory(mebibyte);
  const std::uint64_t size_bytes = File(options.source, O_RDONLY).size();
  const bool raw = !options.raw_destination.empty();
  const File file(raw ? options.raw_destination : options.destination, O_RDWR | O_DIRECT);
  if (raw) reset_zone(file, options.raw_offset);
  else file.reset();
  file.sync();
  std::uint64_t to = raw ? options.raw_offset : 0;
  const double start = seconds_now();
  for (std::uint64_t left = size_bytes; left > 0;) {
    const std::uint64_t length = std::min<std::uint64_t>(left, mebibyte);
    const ssize_t done = ::pwrite(file.fd(), memory.data(), length, static_cast<off_t>(to));
    expect_all(done, length, "write", file.path());
    left -= length;
    to += length;
  }
  file.sync();
  return seconds_now() - start;
}

double copy(const Options& options) {
  const File source(options.source, O_RDONLY);
  const File destination(options.destination, O_RDWR | O_DIRECT);
  destination.reset();
  destination.sync();
  const double start = seconds_now();
  for (std::uint64_t left = source.size(); left > 0;) {
    const ssize_t done = ::copy_file_range(source.fd(), nullptr, destination.fd(), nullptr, left, 0);
    if (done <= 0) fail_errno("copy_file_range", options.destination);
    left -= static_cast<std::uint64_t>(done);
  }
  destination.sync();
  return seconds_now() - start;
}

double both_at_once(const Options& options) {
  double seconds = 0;
  std::thread reader([&] { seconds = read_alone(options); });
  const double writing = write_alone(options);
  reader.join();
  return std::max(seconds, writing);
}

void verify(const Options& options) {
  const File source(options.source, O_RDONLY | O_DIRECT);
  const File destination(options.destination, O_RDONLY | O_DIRECT);
  const Memory ours(mebibyte);
  const Memory theirs(mebibyte);
  for (std::uint64_t offset = 0; offset < source.size(); offset += mebibyte) {
    const ssize_t expected = ::pread(source.fd(), ours.data(), mebibyte, static_cast<off_t>(offset));
    const ssize_t found = ::pread(destination.fd(), theirs.data(), mebibyte, static_cast<off_t>(offset));
    if (expected <= 0) fail_errno("read", options.source);
    if (found != expected || std::memcmp(ours.data(), theirs.data(), static_cast<std::size_t>(expected)) != 0) {
      fail("{}: the copy differs from its source", options.name);
    }
  }
}

void measure_all(const Options& options) {
  using Measure = double (*)(const Options&);
  constexpr Measure measures[] = {read_alone, write_alone, both_at_once, copy};
  std::vector<double> samples[4];
  std::vector<double> to_slower;
  std::vector<double> to_both;
  for (unsigned round = 0; round < options.rounds; ++round) {
    for (std::size_t turn = 0; turn < 4; ++turn) {
      const std::size_t kind = (turn + round) % 4;
      samples[kind].push_back(measures[kind](options));
    }
    to_slower.push_back(std::max(samples[0].back(), samples[1].back()) / samples[3].back());
    to_both.push_back(samples[2].back() / samples[3].back());
  }
  (void)copy(options);  // the last one may have been a write
  verify(options);
  const double mib = static_cast<double>(File(options.source, O_RDONLY).size()) / mebibyte;
  const auto rate = [mib](const std::vector<double>& seconds) { return mib / median(seconds); };
  fmt::print("{:<36} {:>7.0f} {:>7.0f} {:>7.0f} {:>7.0f} {:>7.2f} {:>8.2f}\n", options.name, rate(samples[0]),
             rate(samples[1]), rate(samples[2]), rate(samples[3]), median(to_slower), median(to_both));
}

Options parse(int argc, char** argv) {
  Options options;
  CLI::App app("Copies between two devices of a mount, beside what either does alone: MiB/s and the ratio.",
               "pair_bench");
  app.add_option("--rounds", options.rounds, "how often (default 5)")->check(CLI::Range(1, 1000));
  app.add_option("--name", options.name, "what the line begins with");
  app.add_option("--raw-source", options.raw_source,
                 "read this device instead of the source, where that is read alone");
  app.add_option("--raw-destination", options.raw_destination, "likewise, written");
  app.add_option("--raw-offset", options.raw_offset, "byte at which a zone of those begins");
  app.add_option("SOURCE", options.source)->required();
  app.add_option("DESTINATION", options.destination)->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
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
