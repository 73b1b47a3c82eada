#include "tools/zonecopy/bench_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/zonecopy/command.h"
#include "zonecopy/ioctl.h"
#include "zonecopy/size.h"

namespace zonecopy::tools {
namespace {

using benching::Load;

constexpr std::uint32_t jobs_max = 1024;
constexpr std::uint32_t rounds_max = 1000;
constexpr std::uint64_t copy_max_bytes = 1ULL << 30;

void check_number(const char* option, std::uint32_t number, std::uint32_t max) {
  if (number >= 1 && number <= max) return;
  throw WrongUsage(fmt::format("{} is {}; it is a number from 1 to {}", option, number, max));
}

std::uint64_t block_size_of(const std::string& text) {
  const Result<std::uint64_t> bytes = parse_size(text);
  if (!bytes) throw WrongUsage(fmt::format("--block-size: {}", bytes.error().detail()));
  if (*bytes == 0 || *bytes % 512 != 0) {
    throw WrongUsage(fmt::format("--block-size: {} is no multiple of 512 bytes", text));
  }
  return *bytes;
}

template <typename Value>
void add_once(std::vector<Value>& values, const Value& value) {
  if (std::ranges::find(values, value) == values.end()) values.push_back(value);
}

/// All block sizes with all numbers of ranges.
void set_shapes(const RawBenchArguments& raw, Load& load) {
  std::vector<std::uint64_t> block_sizes;
  std::vector<std::uint32_t> ranges;
  for (const std::string& text : raw.block_sizes) add_once(block_sizes, block_size_of(text));
  for (const std::uint32_t number : raw.ranges) add_once(ranges, number);
  for (const std::uint64_t block_bytes : block_sizes) {
    for (const std::uint32_t number : ranges) {
      check_number("--ranges", number, ZONECOPY_GATHER_RANGES_MAX);
      const benching::Shape shape{block_bytes, number};
      if (block_bytes > copy_max_bytes || shape.bytes() > copy_max_bytes) {
        throw WrongUsage(fmt::format("a copy of {} ranges of {} is longer than {}", number, format_size(block_bytes),
                                     format_size(copy_max_bytes)));
      }
      load.shapes.push_back(shape);
    }
  }
}

void set_modes(const RawBenchArguments& raw, Load& load) {
  for (const std::string& text : raw.modes) {
    const Result<benching::Mode> mode = benching::parse_mode(text);
    if (!mode) throw WrongUsage(fmt::format("--mode: {}", mode.error().detail()));
    add_once(load.modes, *mode);
  }
}

}  // namespace

void add_bench_options(CLI::App& command, RawBenchArguments& raw) {
  BenchArguments& arguments = raw.arguments;
  Load& load = arguments.request.load;
  const auto list = [](CLI::Option* option, const char* type) {
    option->type_name(type)->delimiter(',')->expected(1)->take_all()->allow_extra_args(false);
  };
  command.add_option("TARGET", arguments.targets, "device or image that is not mounted, or folder of a mount")
      ->required();
  list(command.add_option("--block-size", raw.block_sizes, "bytes of a range; several with commas (default 8K,64K,2M)"),
       "SIZE");
  list(command.add_option("--ranges", raw.ranges, "ranges of a copy; several with commas (default 1,16)"), "N");
  list(command.add_option("--mode", raw.modes,
                          "auto, offload, emulate, read-write; several with commas (default auto,read-write)"),
       "MODE");
  add_number_option(command, "-j,--jobs", load.jobs, "jobs, each with one copy under way (default 32)");
  add_size_option(command, "--size", load.job_bytes, "what each job copies (default 384M)");
  add_number_option(command, "--rounds", load.rounds, "how often each is measured (default 1)");
  command.add_flag("--random", load.random, "take ranges from anywhere in the sources");
  command.add_option("--seed", load.seed, "of the data and of random places (default 1)")->type_name("N");
  command.add_flag("--verify", load.verify, "read back all that was copied, and compare it");
  command.add_flag("--destroy", arguments.request.destroy, "reset zones that hold data: all of it is lost");
  list(command.add_option("--pid", raw.processes, "count the CPU time of this process too; several with commas"),
       "PID");
  command.add_option("--interface", raw.interface, "count the bytes of this network interface")->type_name("NAME");
  CLI::Option* const progress = command.add_option("--progress", raw.progress, "auto (a line on a terminal) or json");
  progress->type_name("FORM")->check(CLI::IsMember({"auto", "json"}));
  command.add_flag("-q,--quiet", arguments.quiet, "show no progress");
  command.add_flag("--json", arguments.json, "print JSON");
}

BenchArguments bench_arguments_of(const RawBenchArguments& raw) {
  BenchArguments arguments = raw.arguments;
  Load& load = arguments.request.load;
  check_number("--jobs", load.jobs, jobs_max);
  check_number("--rounds", load.rounds, rounds_max);
  if (load.job_bytes == 0) throw WrongUsage("--size is 0; a job copies something");
  set_shapes(raw, load);
  set_modes(raw, load);
  for (const std::uint32_t process : raw.processes) {
    arguments.request.counted.processes.push_back(static_cast<pid_t>(process));
  }
  if (!raw.interface.empty()) arguments.request.counted.interface = raw.interface;
  if (raw.progress == "json") arguments.progress = ProgressForm::json;
  return arguments;
}

}  // namespace zonecopy::tools
