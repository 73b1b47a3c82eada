// zonecopy clone: brings all data of one device, or folder of a mount, to another.
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <optional>

#include "tools/zonecopy/clone_report.h"
#include "tools/zonecopy/clone_request.h"
#include "tools/zonecopy/command.h"
#include "tools/zonecopy/interrupt.h"
#include "zonefs/host/print.h"

namespace zonecopy::tools {
namespace {

constexpr std::uint32_t jobs_max = 64;

/// How far it is. Zones are copied at once, from several threads where they are files.
class CloneProgress {
 public:
  explicit CloneProgress(const CloneArguments& arguments) {
    if (!arguments.quiet) display_.emplace(arguments.progress);
  }
  void begin(std::string_view phase, std::uint64_t total_bytes) {
    done_bytes_ = 0;
    if (display_) display_->begin(phase, total_bytes);
  }
  void add(std::uint64_t bytes) {
    const std::uint64_t done_bytes = done_bytes_ += bytes;
    if (display_) display_->show(done_bytes);
  }
  /// Takes the line on the terminal away, before anything else is printed.
  void end() { display_.reset(); }

 private:
  std::optional<ProgressDisplay> display_;
  std::atomic<std::uint64_t> done_bytes_ = 0;
};

cloning::Watch watch_for(CloneProgress& progress) {
  cloning::Watch watch;
  watch.begin = [&progress](std::string_view phase, std::uint64_t total_bytes) { progress.begin(phase, total_bytes); };
  watch.copied = [&progress](std::uint64_t bytes) { progress.add(bytes); };
  watch.stop = &stop_flag();
  return watch;
}

/// All steps that were asked for, up to the first that fails. `begun` says whether the destination may have been changed.
Status clone_all(const OpenPair& open, cloning::Clone& clone, const CloneArguments& arguments, CloneSummary& summary,
                 bool& begun) {
  const Status prepared = open.loop->run(clone.prepare());
  if (!prepared || arguments.plan_only) return prepared;
  const Status writable = clone.prepared().nothing_left() ? Status() : open.pair->make_writable();
  if (!writable) return writable;
  begun = true;
  const Status done = open.loop->run(clone.carry_out());
  if (!done || !arguments.verify) return done;
  const Status verified = open.loop->run(clone.verify());
  if (!verified) return verified;
  summary.verified = true;
  if (clone.differences().empty()) return {};
  const cloning::ZoneDifference& first = clone.differences().front();
  return Error(EIO, "verify",
               fmt::format("{} is not the same as {} of the source: {}", first.destination, first.source, first.what))
      .on_device(arguments.destination);
}

void print_summary(const CloneSummary& summary, const CloneArguments& arguments, bool begun) {
  if (arguments.json) {
    print_json(clone_json(summary));
  } else if (!arguments.quiet && (begun || !summary.error)) {
    zonefs::print_text(stdout, summary.plan_only ? clone_plan_text(summary) : clone_outcome_text(summary));
  }
  std::fflush(stdout);
}

constexpr std::string_view how_to_go_on = "the same command with --resume goes on from there";

/// What stands on standard error, and the exit status.
int tell_end(const CloneSummary& summary, const CloneArguments& arguments, bool begun) {
  const std::uint64_t done_bytes = summary.clone.copied().bytes();
  const bool goes_on = begun && !summary.verified;
  const Error* const error = error_of(summary);
  if (arguments.progress == ProgressForm::json) {
    print_last_line(done_bytes, summary.clone.prepared().to_copy_bytes, summary.interrupted, error);
  } else if (summary.error) {
    const std::string text = error != nullptr ? error->text() : "clone: interrupted";
    fail(goes_on ? fmt::format("{}; {}", text, how_to_go_on) : text);
  }
  return summary.error ? exit_failed : exit_ok;
}

/// Reports a clone whose sides could not be opened.
int refuse_clone(const Error& error, const CloneArguments& arguments) {
  if (arguments.progress != ProgressForm::json) return refuse(error, arguments.json);
  if (arguments.json) {
    Json json;
    add_error(json, &error);
    print_json(json);
  }
  print_last_line(0, 0, false, &error);
  return exit_failed;
}

int run_clone(CloneArguments& arguments) {
  block_progress_signal();
  catch_interrupts();
  CloneProgress progress(arguments);
  const cloning::Watch watch = watch_for(progress);
  const Result<OpenPair> open = open_pair(arguments, watch);
  if (!open) return refuse_clone(open.error(), arguments);
  cloning::Clone clone(*open->loop, *open->pair, open->devices, arguments.options, watch);
  CloneSummary summary{*open->pair, clone, arguments.plan_only, false, false, 0, std::nullopt};
  bool begun = false;
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  const Status done = clone_all(*open, clone, arguments, summary, begun);
  summary.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (!done) summary.error = done.error();
  summary.interrupted = interrupted() && summary.error && summary.error->code() == EINTR;
  progress.end();
  print_summary(summary, arguments, begun);
  const int exit_status = tell_end(summary, arguments, begun);
  if (summary.interrupted) end_if_interrupted();
  return exit_status;
}

void check_together(const CloneArguments& arguments, bool jobs_given) {
  if (arguments.plan_only && arguments.verify) throw WrongUsage("--plan copies nothing that --verify could compare");
  if (arguments.quiet && arguments.plan_only && !arguments.json) throw WrongUsage("--quiet leaves nothing of --plan");
  if (!jobs_given) return;
  if (arguments.options.jobs == 0 || arguments.options.jobs > jobs_max) {
    throw WrongUsage(fmt::format("--jobs is {}; it is a number from 1 to {}", arguments.options.jobs, jobs_max));
  }
}

}  // namespace

void add_clone_command(CLI::App& app, int& exit_status) {
  const auto arguments = std::make_shared<CloneArguments>();
  const auto form = std::make_shared<std::string>();
  cloning::CloneOptions& options = arguments->options;
  CLI::App& command =
      *app.add_subcommand("clone", "Bring all data of a device, or of a mount's folder, to an empty one.");
  command.add_option("SOURCE", arguments->source, "device or image that is not mounted, or folder with cnv and seq")
      ->required();
  command.add_option("DESTINATION", arguments->destination, "another one of the same kind, which is empty")->required();
  command.add_flag("--resume", options.resume, "go on with a clone that was interrupted");
  command.add_flag("-f,--force", options.force, "reset what the destination holds");
  command.add_flag("--plan", arguments->plan_only, "print what would be copied where, and change nothing");
  command.add_flag("--verify", arguments->verify, "read both sides at the end, and compare them");
  command.add_flag("--same-uuid", options.same_uuid, "keep the UUID of the file system (default: a new one)");
  command.add_flag("--skip-bad", options.skip_bad, "leave out zones of the source that cannot be read");
  CLI::Option* const jobs = add_number_option(command, "-j,--jobs", options.jobs,
                                              "zones at a time (default: what the destination allows, up to 8)");
  CLI::Option* const progress = command.add_option("--progress", *form, "auto (a line on a terminal) or json");
  progress->type_name("FORM")->check(CLI::IsMember({"auto", "json"}));
  command.add_flag("-q,--quiet", arguments->quiet, "print errors only");
  command.add_flag("--json", arguments->json, "print JSON");
  command.callback([arguments, form, jobs, &exit_status] {
    if (*form == "json") arguments->progress = ProgressForm::json;
    check_together(*arguments, jobs->count() > 0);
    exit_status = run_clone(*arguments);
  });
}

}  // namespace zonecopy::tools
