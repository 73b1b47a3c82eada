// What `zonecopy bench copy` was asked for.
#pragma once

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

#include "tools/bench/bench.h"
#include "tools/zonecopy/progress_display.h"

namespace zonecopy::tools {

struct BenchArguments {
  std::vector<std::string> targets;
  benching::Request request;
  bool json = false;
  bool quiet = false;
  ProgressForm progress = ProgressForm::automatic;
};

/// What the command line parser fills in, before it is looked at.
struct RawBenchArguments {
  BenchArguments arguments;
  std::vector<std::string> block_sizes = {"8K", "64K", "2M"};
  std::vector<std::uint32_t> ranges = {1, 16};
  std::vector<std::string> modes = {"auto", "read-write"};
  std::vector<std::uint32_t> processes;
  std::string interface;
  std::string progress;
};

void add_bench_options(CLI::App& command, RawBenchArguments& raw);
/// Throws WrongUsage.
[[nodiscard]] BenchArguments bench_arguments_of(const RawBenchArguments& raw);

}  // namespace zonecopy::tools
