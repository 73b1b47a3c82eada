// Copies between files, in several ways and in turn, several times over; prints medians and how often faster each is
// than the last one named.
//
//   copy_bench [--rounds 5] NAME=METHOD:SOURCE:DESTINATION...     METHOD: copy_file_range or read_write
//
// A copy begins with an empty destination (an empty zone) and ends with fdatasync. The last round's copies are compared
// with their sources.
#include <CLI/CLI.hpp>

#include "tests/bench/measure.h"

namespace bench {
namespace {

enum class Method { copy_file_range, read_write };

struct Copy {
  std::string name;
  Method method = Method::copy_file_range;
  std::string source;
  std::string destination;
};

struct Options {
  unsigned rounds = 5;
  std::vector<Copy> copies;
};

void copy_by_kernel(const File& source, const File& destination) {
  std::uint64_t left = source.size();
  while (left > 0) {
    const ssize_t done = ::copy_file_range(source.fd(), nullptr, destination.fd(), nullptr, left, 0);
    if (done < 0) fail_errno("copy_file_range", destination.path());
    if (done == 0) fail("copy_file_range {}: the source ended {} bytes early", destination.path(), left);
    left -= static_cast<std::uint64_t>(done);
  }
}

void copy_by_hand(const File& source, const File& destination, const Memory& memory) {
  for (std::uint64_t left = source.size(); left > 0;) {
    const ssize_t got = ::read(source.fd(), memory.data(), std::min<std::uint64_t>(left, mebibyte));
    if (got < 0) fail_errno("read", source.path());
    if (got == 0) fail("read {}: the source ended {} bytes early", source.path(), left);
    const auto length = static_cast<std::size_t>(got);
    expect_all(::write(destination.fd(), memory.data(), length), length, "write", destination.path());
    left -= static_cast<std::uint64_t>(got);
  }
}

/// Seconds one copy took.
double run(const Copy& copy) {
  const Memory memory(mebibyte);
  const File source(copy.source, O_RDONLY | O_DIRECT);
  const File destination(copy.destination, O_RDWR | O_DIRECT);
  destination.reset();
  destination.sync();
  const double start = seconds_now();
  if (copy.method == Method::copy_file_range) {
    copy_by_kernel(source, destination);
  } else {
    copy_by_hand(source, destination, memory);
  }
  destination.sync();
  return seconds_now() - start;
}

void verify(const Copy& copy) {
  const File source(copy.source, O_RDONLY | O_DIRECT);
  const File destination(copy.destination, O_RDONLY | O_DIRECT);
  if (source.size() != destination.size()) fail("{}: the copy has another size than its source", copy.name);
  const Memory ours(mebibyte);
  const Memory theirs(mebibyte);
  for (;;) {
    const ssize_t expected = ::read(source.fd(), ours.data(), mebibyte);
    const ssize_t found = ::read(destination.fd(), theirs.data(), mebibyte);
    if (expected < 0) fail_errno("read", source.path());
    if (found != expected || std::memcmp(ours.data(), theirs.data(), static_cast<std::size_t>(expected)) != 0) {
      fail("{}: the copy differs from its source", copy.name);
    }
    if (expected == 0) return;
  }
}

void measure_all(const Options& options) {
  std::vector<std::vector<double>> samples(options.copies.size());
  for (unsigned round = 0; round < options.rounds; ++round) {
    for (std::size_t turn = 0; turn < options.copies.size(); ++turn) {
      const std::size_t copy = (turn + round) % options.copies.size();
      samples[copy].push_back(run(options.copies[copy]));
    }
  }
  for (const Copy& copy : options.copies) verify(copy);

  const double reference = median(samples.back());
  fmt::print("{:<34} {:>10} {:>12} {:>10}\n", fmt::format("median of {} rounds", options.rounds), "seconds", "MiB/s",
             "speed-up");
  for (std::size_t i = 0; i < options.copies.size(); ++i) {
    const double seconds = median(samples[i]);
    const File source(options.copies[i].source, O_RDONLY);
    const double rate = static_cast<double>(source.size()) / mebibyte / seconds;
    fmt::print("{:<34} {:>10.4f} {:>12.0f} {:>10.2f}\n", options.copies[i].name, seconds, rate, reference / seconds);
  }
}

Copy parse_copy(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::size_t first = text.find(':', equals);
  const std::size_t second = text.find(':', first + 1);
  if (equals == std::string::npos || first == std::string::npos || second == std::string::npos) {
    fail("{}: not NAME=METHOD:SOURCE:DESTINATION", text);
  }
  const std::string method = text.substr(equals + 1, first - equals - 1);
  if (method != "copy_file_range" && method != "read_write") fail("{}: copy_file_range or read_write", method);
  return {.name = text.substr(0, equals),
          .method = method == "read_write" ? Method::read_write : Method::copy_file_range,
          .source = text.substr(first + 1, second - first - 1),
          .destination = text.substr(second + 1)};
}

Options parse(int argc, char** argv) {
  Options options;
  std::vector<std::string> copies;
  CLI::App app("Copies between files, in several ways and in turn, several times over.", "copy_bench");
  app.add_option("--rounds", options.rounds, "how often (default 5)")->check(CLI::Range(1, 1000));
  app.add_option("COPY", copies, "NAME=METHOD:SOURCE:DESTINATION, METHOD being copy_file_range or read_write")
      ->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  for (const std::string& copy : copies) options.copies.push_back(parse_copy(copy));
  return options;
}

}  // namespace
}  // namespace bench

int main(int argc, char* argv[]) {
  const bench::Options options = bench::parse(argc, argv);
  bench::measure_all(options);
  return 0;
}
