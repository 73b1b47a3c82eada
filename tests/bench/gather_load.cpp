// Victims with live records among dead ones, compacted into free zones in ways that take turns. Prints what each cost,
// one JSON object a line.
//
//   gather_load MOUNTPOINT --daemon PID --record 8KiB --live 50 [--victims 4] [--fill 16MiB] [--rounds 5] [--seed 1]
//
// The victims are the first zone files, each filled with so many bytes of records; which are live is random, the same for the same seed.
// Live records that are neighbours are one range, in every way. The next zone files, as many, take them.
//   gather           ZONECOPY_IOC_GATHER, as many ranges a call as it takes
//   copy_file_range  one call a range
//   read+write       each range is read and then written, with O_DIRECT
//   read+write, joined   each range is read, with O_DIRECT, and written together with others when they are 1 MiB
// A measurement begins with empty destinations, and ends when they are durable. That the copies are right is looked at once.
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <CLI/CLI.hpp>

#include "tests/bench/gather_victims.h"
#include "zonecopy/ioctl.h"

namespace bench {
namespace {

struct Options {
  VictimOptions victims;
  int daemon = 0;
  unsigned rounds = 5;
};

struct Cost {
  std::uint64_t calls = 0;           ///< system calls that copy, read or write
  std::uint64_t commands = 0;        ///< Copy commands that the device was sent, where the call tells
  std::uint64_t caller_bytes = 0;    ///< read and written by the caller
  std::uint64_t emulated_bytes = 0;  ///< read, and then written, by the daemon
  std::uint64_t offloaded_bytes = 0;
  std::uint64_t kernel_bytes = 0;
  double seconds = 0;
  double sync_seconds = 0;  ///< of these, for fdatasync
  double caller_cpu_seconds = 0;
  double daemon_cpu_seconds = 0;
};

std::uint64_t counter(const std::string& mount_point, const char* name) {
  std::array<char, 32> text{};
  const std::string attribute = fmt::format("user.zonecopy.{}", name);
  if (::getxattr(mount_point.c_str(), attribute.c_str(), text.data(), text.size() - 1) < 0)
    fail_errno(attribute, mount_point);
  return std::stoull(text.data());
}

class Compaction {
 public:
  Compaction(const Victims& victims, int daemon) : victims_(victims), daemon_(daemon), memory_(mebibyte) {}

  Cost measure(const std::string& way) {
    victims_.empty_destinations();
    Cost cost;
    const std::uint64_t emulated = counter(victims_.options().mount_point, "bytes_emulated");
    const std::uint64_t offloaded = counter(victims_.options().mount_point, "bytes_offloaded");
    const std::uint64_t by_kernel = counter(victims_.options().mount_point, "bytes_kernel");
    const double daemon_before = cpu_seconds(daemon_);
    const double caller_before = cpu_seconds(::getpid());
    const double begin = seconds_now();
    for (const Load& load : victims_.loads()) {
      if (way == "gather") {
        gather(load, cost);
      } else if (way == "copy_file_range") {
        copy_file_range(load, cost);
      } else {
        read_write(load, way == "read+write, joined" ? mebibyte : 0, cost);
      }
    }
    const double copied = seconds_now();
    for (const Load& load : victims_.loads()) load.destination->sync();
    const double end = seconds_now();
    cost.seconds = end - begin;
    cost.sync_seconds = end - copied;
    cost.caller_cpu_seconds = cpu_seconds(::getpid()) - caller_before;
    cost.daemon_cpu_seconds = cpu_seconds(daemon_) - daemon_before;
    cost.emulated_bytes = counter(victims_.options().mount_point, "bytes_emulated") - emulated;
    cost.offloaded_bytes = counter(victims_.options().mount_point, "bytes_offloaded") - offloaded;
    cost.kernel_bytes = counter(victims_.options().mount_point, "bytes_kernel") - by_kernel;
    return cost;
  }

 private:
  void gather(const Load& load, Cost& cost) {
    for (std::size_t first = 0; first < load.ranges.size(); first += ZONECOPY_GATHER_RANGES_MAX) {
      const std::size_t count = std::min<std::size_t>(ZONECOPY_GATHER_RANGES_MAX, load.ranges.size() - first);
      std::memset(&request_, 0, offsetof(zonecopy_gather_request, ranges));
      request_.version = ZONECOPY_GATHER_VERSION;
      request_.count = static_cast<__u32>(count);
      for (std::size_t i = 0; i < count; ++i) {
        const LiveRange& range = load.ranges[first + i];
        request_.ranges[i] = {victims_.inode(range.victim), range.offset_bytes, range.length_bytes, 0};
      }
      if (::ioctl(load.destination->fd(), ZONECOPY_IOC_GATHER, &request_) != 0)
        fail_errno("gather", load.destination->path());
      if (request_.error != 0) fail("gather {}: {}", load.destination->path(), std::strerror(request_.error));
      ++cost.calls;
      cost.commands += request_.commands;
    }
  }

  void copy_file_range(const Load& load, Cost& cost) {
    off_t to = 0;
    for (const LiveRange& range : load.ranges) {
      auto from = static_cast<off_t>(range.offset_bytes);
      const off_t end = from + static_cast<off_t>(range.length_bytes);
      while (from < end) {
        const ssize_t count = ::copy_file_range(victims_.file(range.victim).fd(), &from, load.destination->fd(), &to,
                                                static_cast<std::size_t>(end - from), 0);
        if (count <= 0) fail_errno("copy_file_range", load.destination->path());
        ++cost.calls;
      }
    }
  }

  /// Writes when so many bytes have been read, and behind each range if that is 0.
  void read_write(const Load& load, std::uint64_t write_bytes, Cost& cost) {
    std::uint64_t filled = 0;
    std::uint64_t to = 0;
    const auto write = [&] {
      const ssize_t count = ::pwrite(load.destination->fd(), memory_.data(), filled, static_cast<off_t>(to));
      expect_all(count, filled, "write", load.destination->path());
      ++cost.calls;
      to += filled;
      filled = 0;
    };
    for (const LiveRange& range : load.ranges) {
      for (std::uint64_t done = 0; done < range.length_bytes;) {
        const std::uint64_t length = std::min(range.length_bytes - done, mebibyte - filled);
        const ssize_t count = ::pread(victims_.file(range.victim).fd(), memory_.data() + filled, length,
                                      static_cast<off_t>(range.offset_bytes + done));
        expect_all(count, length, "read", victims_.file(range.victim).path());
        ++cost.calls;
        filled += length;
        done += length;
        if (filled == mebibyte) write();
      }
      if (filled > 0 && filled >= write_bytes) write();
    }
    if (filled > 0) write();
    cost.caller_bytes += 2 * load.bytes;
  }

  const Victims& victims_;
  int daemon_;
  Memory memory_;
  zonecopy_gather_request request_{};
};

void print(const Victims& victims, const std::string& way, const Cost& cost) {
  fmt::print(
      R"({{"record_bytes": {}, "live_percent": {}, "way": "{}", "live_bytes": {}, "ranges": {}, "seconds": {:.6f}, )"
      R"("sync_seconds": {:.6f}, "caller_cpu_seconds": {:.6f}, "daemon_cpu_seconds": {:.6f}, "calls": {}, "commands": {}, )"
      R"("bytes_offloaded": {}, "bytes_kernel": {}, "host_bytes": {}}})"
      "\n",
      victims.options().record_bytes, victims.options().live_percent, way, victims.live_bytes(), victims.ranges(),
      cost.seconds, cost.sync_seconds, cost.caller_cpu_seconds, cost.daemon_cpu_seconds, cost.calls, cost.commands,
      cost.offloaded_bytes, cost.kernel_bytes, cost.caller_bytes + 2 * cost.emulated_bytes);
  std::fflush(stdout);
}

Options parse(int argc, char** argv) {
  Options options;
  std::string record = "8KiB";
  std::string fill = "16MiB";
  CLI::App app("Victims with live records, compacted into free zones in ways that take turns.", "gather_load");
  app.add_option("MOUNTPOINT", options.victims.mount_point, "of zonecopyfs")->required();
  app.add_option("--daemon", options.daemon, "its process id")->required();
  app.add_option("--record", record, "bytes of a record (default 8KiB)");
  app.add_option("--live", options.victims.live_percent, "per cent of the records (default 50)")
      ->check(CLI::Range(1, 100));
  app.add_option("--victims", options.victims.victims, "zones to compact (default 4)")->check(CLI::Range(1, 1000));
  app.add_option("--fill", fill, "bytes of each, whole MiB (default 16MiB)");
  app.add_option("--rounds", options.rounds, "how often each way (default 5)")->check(CLI::Range(1, 1000));
  app.add_option("--seed", options.victims.seed, "of what is live (default 1)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  options.victims.record_bytes = parse_size(record);
  options.victims.fill_bytes = parse_size(fill);
  if (options.victims.record_bytes == 0 || mebibyte % options.victims.record_bytes != 0)
    fail("--record {}: not a part of 1MiB", record);
  if (options.victims.fill_bytes == 0 || options.victims.fill_bytes % mebibyte != 0)
    fail("--fill {}: not whole MiB", fill);
  return options;
}

void measure_all(const Options& options) {
  const std::vector<std::string> ways = {"gather", "copy_file_range", "read+write", "read+write, joined"};
  const Victims victims(options.victims);
  Compaction compaction(victims, options.daemon);
  for (unsigned round = 0; round < options.rounds; ++round) {
    for (std::size_t turn = 0; turn < ways.size(); ++turn) {
      const std::string& way = ways[(turn + round) % ways.size()];
      print(victims, way, compaction.measure(way));
      if (round == 0) victims.check_destinations();
    }
  }
  victims.empty_destinations();
}

}  // namespace
}  // namespace bench

int main(int argc, char* argv[]) {
  bench::measure_all(bench::parse(argc, argv));
  return 0;
}
