// zonecopy bench: measures copies on a device or a mount.
#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <optional>

#include "tools/bench/device_subject.h"
#include "tools/bench/folder_subject.h"
#include "tools/zonecopy/attributes.h"
#include "tools/zonecopy/bench_report.h"
#include "tools/zonecopy/bench_request.h"
#include "tools/zonecopy/command.h"
#include "tools/zonecopy/interrupt.h"
#include "zonefs/host/print.h"

namespace zonecopy::tools {
namespace {

/// How far it is. A display takes a moment, which a short copy must not lose: it is told of many at once.
class BenchProgress {
 public:
  explicit BenchProgress(const BenchArguments& arguments) {
    if (!arguments.quiet) display_.emplace(arguments.progress);
  }
  void begin(std::string_view phase, std::uint64_t total_bytes) {
    done_bytes_ = 0;
    total_bytes_ = total_bytes;
    if (display_) display_->begin(phase, total_bytes);
  }
  void add(std::uint64_t bytes) {
    const std::uint64_t before = done_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    if (display_ && before / step_bytes != (before + bytes) / step_bytes) display_->show(before + bytes);
  }
  void end() { display_.reset(); }
  [[nodiscard]] std::uint64_t done_bytes() const { return done_bytes_; }
  [[nodiscard]] std::uint64_t total_bytes() const { return total_bytes_; }

 private:
  static constexpr std::uint64_t step_bytes = 1U << 22;
  std::optional<ProgressDisplay> display_;
  std::atomic<std::uint64_t> done_bytes_ = 0;
  std::uint64_t total_bytes_ = 0;
};

bool is_folder(const std::string& path) {
  std::error_code failure;
  return std::filesystem::is_directory(path, failure);
}

Result<std::unique_ptr<benching::Subject>> open_subject(const std::string& target) {
  if (!is_folder(target)) return benching::DeviceSubject::open(target);
  Result<std::unique_ptr<benching::FolderSubject>> folder = benching::FolderSubject::open(target);
  if (!folder) return folder.error();
  const std::optional<ResourceLimits> limits = read_resource_limits(target);
  if (limits) (*folder)->set_limits(*limits);
  return std::unique_ptr<benching::Subject>(std::move(*folder));
}

BenchResult bench_one(const std::string& target, const benching::Request& request, const benching::Watch& watch) {
  BenchResult result{target, std::nullopt, {}};
  const Result<std::unique_ptr<benching::Subject>> subject = open_subject(target);
  if (!subject) {
    result.outcome.error = subject.error();
    return result;
  }
  result.outcome = benching::measure(**subject, request, watch);
  result.facts = (*subject)->facts();
  return result;
}

void print_summary(const BenchSummary& summary, const BenchArguments& arguments) {
  if (arguments.json) {
    print_json(bench_json(summary));
  } else if (!summary.results.front().outcome.cases.empty()) {
    zonefs::print_text(stdout, bench_text(summary));
  }
  std::fflush(stdout);
}

/// Targets come one after the other. The first that fails ends all: what is to be compared would be incomplete.
int run_bench(const BenchArguments& arguments) {
  block_progress_signal();
  catch_interrupts();
  BenchProgress progress(arguments);
  benching::Watch watch;
  watch.begin = [&progress](std::string_view phase, std::uint64_t total_bytes) { progress.begin(phase, total_bytes); };
  watch.done = [&progress](std::uint64_t bytes) { progress.add(bytes); };
  watch.stop = &stop_flag();
  BenchSummary summary{arguments.request, {}, false};
  for (const std::string& target : arguments.targets) {
    summary.results.push_back(bench_one(target, arguments.request, watch));
    if (summary.results.back().outcome.error) break;
  }
  const std::optional<Error>& last = summary.results.back().outcome.error;
  summary.interrupted = interrupted() && last && last->code() == EINTR;
  progress.end();
  print_summary(summary, arguments);
  const Error* const error = error_of(summary);
  if (arguments.progress == ProgressForm::json) {
    print_last_line(progress.done_bytes(), progress.total_bytes(), summary.interrupted, error);
  } else if (last) {
    fail(error != nullptr ? error->text() : "bench: interrupted");
  }
  if (summary.interrupted) end_if_interrupted();
  return last ? exit_failed : exit_ok;
}

}  // namespace

void add_bench_command(CLI::App& app, int& exit_status) {
  CLI::App& bench = *app.add_subcommand("bench", "Measure a device, or a mount.");
  bench.require_subcommand(1);
  const auto raw = std::make_shared<RawBenchArguments>();
  CLI::App& copy = *bench.add_subcommand("copy", "Measure copies, and reads and writes beside them.");
  add_bench_options(copy, *raw);
  copy.callback([raw, &exit_status] { exit_status = run_bench(bench_arguments_of(*raw)); });
}

}  // namespace zonecopy::tools
