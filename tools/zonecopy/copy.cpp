#include "tools/zonecopy/copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "tools/zonecopy/command.h"
#include "tools/zonecopy/copy_plan.h"
#include "tools/zonecopy/copy_prepare.h"
#include "tools/zonecopy/copy_report.h"
#include "tools/zonecopy/copy_verify.h"
#include "tools/zonecopy/error_line.h"
#include "tools/zonecopy/interrupt.h"
#include "tools/zonecopy/progress_display.h"

namespace zonecopy::tools {
namespace {

GatherOptions options_of(const CopyArguments& arguments) {
  GatherOptions options;
  if (arguments.require_offload) options.mode = CopyMode::offload;
  options.bytes_per_second = arguments.bytes_per_second;
  options.background = arguments.background;
  options.stop = &stop_flag();
  return options;
}

/// How the device of the first destination copies: what a plan of the first block says.
std::string ask_mechanism(Gatherer& gatherer, const PreparedCopy& copy) {
  const auto source = std::find_if(copy.sources.begin(), copy.sources.end(),
                                   [](const CopySource& each) { return each.length_bytes > 0; });
  if (source == copy.sources.end()) return {};
  const std::uint64_t block_bytes = copy.targets.front().file.facts.block_size_bytes;
  const GatherRange block{source->file->file, source->range.offset_bytes, std::min(block_bytes, source->length_bytes)};
  const GatherDestination destination = copy.destinations().front();
  const Result<GatherPlan> plan = gatherer.plan(std::span(&block, 1), destination, {});
  return plan ? plan->mechanism : std::string();
}

Result<std::vector<GatherReport>> gather(Gatherer& gatherer, const PreparedCopy& copy, const CopyArguments& arguments,
                                         ProgressDisplay& display) {
  GatherOptions options = options_of(arguments);
  options.progress = [&display](const GatherProgress& progress) { display.show(progress.done_bytes); };
  display.begin("copy", copy.total_bytes());
  return gatherer.gather(copy.ranges(), copy.destinations(), options);
}

/// A signal that ended the copy is no error of it.
void forget_interrupt(std::optional<Error>& error) {
  if (interrupted() && error && error->code() == EINTR) error.reset();
}

/// Puts in front why nothing else was tried, which the library, which knows what it did try, does not say.
void explain_mounts(const PreparedCopy& copy, const CopyTarget& target, GatherReport& report) {
  const bool apart = std::any_of(copy.sources.begin(), copy.sources.end(), [&target](const CopySource& source) {
    return source.file->mount && target.file.mount && source.file->mount != target.file.mount;
  });
  if (!apart || report.not_offloaded_because.empty()) return;
  report.not_offloaded_because =
      fmt::format("source and destination are on different mounts, between which the data is moved ({})",
                  report.not_offloaded_because);
}

/// Makes everything durable first: what could not be is not what was asked for, even if it reads well now.
void verify(const PreparedCopy& copy, std::vector<CopyOutcome>& outcomes, ProgressDisplay& display) {
  std::vector<VerifyTarget> targets;
  std::vector<Status> synced;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const GatherReport& report = outcomes[i].report;
    targets.push_back({copy.readers[i], report.offset_bytes, report.range_bytes});
    synced.push_back(copy.targets[i].file.file->sync());
  }
  display.begin("verify", bytes_to_verify(targets));
  std::vector<Verification> verifications = verify_copies(
      copy.ranges(), targets, stop_flag(), [&display](std::uint64_t done_bytes) { display.show(done_bytes); });
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (!synced[i]) verifications[i].error = synced[i].error();
    outcomes[i].verification = std::move(verifications[i]);
  }
}

Result<CopySummary> copy_and_measure(Gatherer& gatherer, const PreparedCopy& copy, const CopyArguments& arguments) {
  using Clock = std::chrono::steady_clock;
  CopySummary summary{copy.sources};
  summary.verify = arguments.verify;
  summary.mechanism = ask_mechanism(gatherer, copy);
  catch_interrupts();
  ProgressDisplay display(arguments.progress);
  const Clock::time_point begin = Clock::now();
  Result<std::vector<GatherReport>> reports = gather(gatherer, copy, arguments, display);
  if (!reports) return reports.error();
  summary.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  for (std::size_t i = 0; i < reports->size(); ++i) {
    explain_mounts(copy, copy.targets[i], (*reports)[i]);
    summary.outcomes.push_back({copy.targets[i].file.file->name(), std::move((*reports)[i]), std::nullopt});
  }
  if (arguments.verify && !interrupted()) verify(copy, summary.outcomes, display);
  for (CopyOutcome& outcome : summary.outcomes) {
    forget_interrupt(outcome.report.error);
    const bool stopped = outcome.verification && interrupted() && outcome.verification->error &&
                         outcome.verification->error->code() == EINTR;
    if (stopped) outcome.verification.reset();
  }
  summary.interrupted = interrupted();
  return summary;
}

/// Reports a copy that was not begun.
int refuse_copy(const Error& error, const CopyArguments& arguments) {
  if (arguments.json) print_json(refusal_json(error));
  if (arguments.progress != ProgressForm::json) return fail(error);
  print_last_line(0, 0, false, &error);
  return exit_failed;
}

std::vector<Error> errors_of(const CopySummary& summary) {
  std::vector<Error> errors;
  for (const CopyOutcome& outcome : summary.outcomes) {
    const std::optional<Error> failed = outcome.error();
    const std::optional<Error> differs = verify_error(outcome, summary.sources);
    if (failed) errors.push_back(*failed);
    if (differs) errors.push_back(*differs);
  }
  return errors;
}

int report_copy(const CopySummary& summary, const PreparedCopy& copy, const CopyArguments& arguments) {
  if (arguments.json) {
    print_json(copy_json(summary));
  } else {
    fmt::print("{}", copy_text(summary));
  }
  std::fflush(stdout);
  const std::vector<Error> errors = errors_of(summary);
  if (arguments.progress == ProgressForm::json) {
    std::uint64_t done_bytes = 0;
    for (const CopyOutcome& outcome : summary.outcomes) done_bytes = std::max(done_bytes, outcome.report.bytes);
    print_last_line(done_bytes, copy.total_bytes(), summary.interrupted, errors.empty() ? nullptr : errors.data());
  } else {
    for (const Error& error : errors) fail(error);
  }
  end_if_interrupted();
  return errors.empty() ? exit_ok : exit_failed;
}

int run_dry(Gatherer& gatherer, const PreparedCopy& copy, const CopyArguments& arguments) {
  std::vector<PlannedCopy> plans;
  const std::vector<GatherRange> ranges = copy.ranges();
  for (const CopyTarget& target : copy.targets) {
    Result<GatherPlan> plan = gatherer.plan(ranges, {target.file.file, target.offset_bytes}, options_of(arguments));
    if (!plan) return refuse_copy(plan.error(), arguments);
    const std::uint64_t offset_bytes = target.offset_bytes.value_or(target.file.facts.size_bytes);
    plans.push_back({target.file.file->name(), offset_bytes, std::move(*plan)});
  }
  if (arguments.json) {
    print_json(plan_json(copy.sources, plans));
  } else {
    fmt::print("{}", plan_text(copy.sources, plans));
  }
  return exit_ok;
}

}  // namespace

int run_copy(const CopyArguments& arguments) {
  block_progress_signal();
  const Result<std::unique_ptr<Gatherer>> gatherer = Gatherer::create();
  if (!gatherer) return refuse_copy(gatherer.error(), arguments);
  CopyFiles files(**gatherer);
  const Result<PreparedCopy> copy = prepare_copy(files, arguments);
  if (!copy) return refuse_copy(copy.error(), arguments);
  if (arguments.dry_run) return run_dry(**gatherer, *copy, arguments);
  const Result<CopySummary> summary = copy_and_measure(**gatherer, *copy, arguments);
  if (!summary) return refuse_copy(summary.error(), arguments);
  return report_copy(*summary, *copy, arguments);
}

}  // namespace zonecopy::tools
