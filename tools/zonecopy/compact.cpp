// zonecopy compact: gathers the live extents of zones into empty ones, and resets the zones.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>

#include "tools/compact/compaction.h"
#include "tools/compact/live_list.h"
#include "tools/compact/plan_check.h"
#include "tools/compact/victims.h"
#include "tools/zonecopy/checksum.h"
#include "tools/zonecopy/command.h"
#include "tools/zonecopy/compact_report.h"
#include "tools/zonecopy/compact_request.h"
#include "tools/zonecopy/interrupt.h"
#include "tools/zonecopy/json.h"
#include "tools/zonecopy/progress_display.h"

namespace zonecopy::tools {
namespace {

int refuse_compact(const Error& error, const CompactArguments& arguments) {
  const bool wrong_usage = error.code() == EINVAL && error.text() == one_line(error.detail());
  if (wrong_usage) return fail("compact: " + error.detail(), exit_wrong_usage);
  return refuse(error, arguments.json);
}

/// Goes on with the plan that an earlier run has left.
Status take_up(compact::Remains remains, const compact::LiveList& list, const CompactRequest& request,
               const compact::PlanIdentity& identity, CompactReport& report) {
  const std::string other = compact::difference(remains.plan->identity, identity);
  if (!other.empty()) {
    return Error(EEXIST, "compact", other + "; finish it by the command that has begun it, or give another --map")
        .on_device(compact::plan_name(report.map_path));
  }
  const Status follows = compact::check_plan(remains.plan->plan, list, request.victims, request.destinations);
  if (!follows) return Error(follows.error()).on_device(compact::plan_name(report.map_path));
  report.resumed = true;
  report.rounds_before = remains.rounds_in_map;
  report.plan = std::move(remains.plan->plan);
  return {};
}

Status plan_anew(const compact::LiveList& list, const CompactRequest& request, const CompactMount& mount,
                 const compact::ZoneFiles& zones, CompactReport& report) {
  Result<compact::Victims> victims = compact::find_victims(list, request.victims, zones);
  if (!victims) return victims.error();
  report.left_alone = std::move(victims->left_alone);
  Result<compact::Plan> plan = compact::make_plan(*victims, request.destinations, zones, mount.limits);
  if (!plan) return plan.error();
  report.plan = std::move(*plan);
  return check_access(report.plan, request.mount_point());
}

/// How far the reading, copying and verifying is.
class CompactProgress {
 public:
  CompactProgress() : display_(ProgressForm::automatic) {}

  void begin(std::string_view phase, std::uint64_t total_bytes) {
    done_bytes_ = 0;
    total_bytes_ = total_bytes;
    display_.begin(phase, total_bytes);
  }
  void add(std::uint64_t bytes) {
    // The samples of the victims are read beside what is live, which is the total.
    done_bytes_ = std::min(done_bytes_ + bytes, total_bytes_);
    display_.show(done_bytes_);
  }
  /// `done_bytes` of one gather, of which a phase has several.
  void show_gather(std::uint64_t done_bytes) {
    if (done_bytes < gathered_bytes_) gathered_bytes_ = 0;
    add(done_bytes - gathered_bytes_);
    gathered_bytes_ = done_bytes;
  }

 private:
  ProgressDisplay display_;
  std::uint64_t done_bytes_ = 0;
  std::uint64_t total_bytes_ = 0;
  std::uint64_t gathered_bytes_ = 0;
};

GatherOptions gather_options(const CompactArguments& arguments, CompactProgress& progress) {
  GatherOptions options;
  options.bytes_per_second = arguments.bytes_per_second;
  options.background = arguments.background;
  options.stop = &stop_flag();
  options.progress = [&progress](const GatherProgress& gathered) { progress.show_gather(gathered.done_bytes); };
  return options;
}

Status begin(compact::Compaction& compaction, const compact::PlanIdentity& identity, CompactReport& report) {
  compact::PlanFile file{identity, std::move(report.plan)};
  Status begun = compaction.begin(file);
  report.plan = std::move(file.plan);
  return begun;
}

compact::Outcome carry_out(const CompactArguments& arguments, const CompactRequest& request,
                           const compact::PlanIdentity& identity, std::uint64_t block_size_bytes,
                           CompactReport& report) {
  compact::Outcome outcome;
  const Result<std::unique_ptr<Gatherer>> gatherer = Gatherer::create();
  if (!gatherer) {
    outcome.error = gatherer.error();
    return outcome;
  }
  CompactProgress progress;
  RangeHasher hasher(&stop_flag(), [&progress](std::uint64_t bytes) { progress.add(bytes); });
  const compact::HashRange hash = [&hasher](GatherFile& file, std::uint64_t offset_bytes, std::uint64_t length_bytes) {
    return hasher.hash(file, offset_bytes, length_bytes);
  };
  compact::Compaction compaction(
      **gatherer, compact::Contents(**gatherer, hash, request.mount_point()), gather_options(arguments, progress),
      request.map_path, block_size_bytes,
      [&progress](std::string_view phase, std::uint64_t total_bytes) { progress.begin(phase, total_bytes); });
  const Status begun = report.resumed ? Status() : begin(compaction, identity, report);
  if (begun) return compaction.carry_out(report.plan, report.rounds_before);
  outcome.error = begun.error();
  return outcome;
}

/// What stands on standard error, and the exit status.
int tell_failures(const CompactReport& report) {
  for (const compact::LeftAlone& zone : report.outcome.victims.left_alone) {
    fail(fmt::format("compact: {}: {}", compact::name_of(zone.zone), zone.reason));
  }
  if (report.outcome.error && interrupted()) {
    return fail("compact: interrupted; the same command finishes what was begun");
  }
  if (report.outcome.error) return fail(*report.outcome.error);
  return report.outcome.victims.left_alone.empty() ? exit_ok : exit_failed;
}

/// The plan of this run: a new one, or the one that an earlier run has left.
Result<CompactReport> make_plan(const CompactRequest& request, const CompactMount& mount, const compact::LiveList& list,
                                const compact::ZoneFiles& zones) {
  CompactReport report;
  report.map_path = request.map_path;
  Result<compact::Remains> remains = compact::find_remains(request.map_path);
  if (!remains) return remains.error();
  const Status planned =
      remains->plan ? take_up(std::move(*remains), list, request, identity_of(list, request, mount, zones), report)
                    : plan_anew(list, request, mount, zones, report);
  if (!planned) return planned.error();
  return report;
}

Result<compact::LiveList> read_list(const CompactArguments& arguments, const CompactRequest& request) {
  const Result<std::string> text = read_live_list(arguments.live);
  if (!text) return text.error();
  return compact::parse_live_list(*text, arguments.live == "-" ? "standard input" : arguments.live,
                                  request.mount_points);
}

/// Prints as it goes. An error is one that came before anything was changed.
Result<int> compact_zones(const CompactArguments& arguments, const CompactRequest& request, const CompactMount& mount,
                          const compact::LiveList& list) {
  using Clock = std::chrono::steady_clock;
  const Result<compact::ZoneFiles> zones = compact::read_zone_files(request.mount_point());
  if (!zones) return zones.error();
  Result<CompactReport> report = make_plan(request, mount, list, *zones);
  if (!report) return report.error();
  report->dry_run = arguments.dry_run;
  if (!arguments.json) print_plan(*report);
  std::fflush(stdout);
  if (!arguments.dry_run && !report->plan.rounds.empty()) {
    const compact::PlanIdentity identity = identity_of(list, request, mount, *zones);
    const Clock::time_point begin = Clock::now();
    report->outcome = carry_out(arguments, request, identity, zones->block_size_bytes, *report);
    report->seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    if (!arguments.json) print_outcome(*report);
  }
  if (arguments.json) print_compact_json(*report);
  std::fflush(stdout);
  return tell_failures(*report);
}

int run_compact(const CompactArguments& arguments) {
  block_progress_signal();
  const auto refused = [&arguments](const Error& error) { return refuse_compact(error, arguments); };
  const Result<CompactRequest> request = make_request(arguments);
  if (!request) return refused(request.error());
  const Result<CompactMount> mount = ask_mount(request->mount_point());
  if (!mount) return refused(mount.error());
  const Result<compact::LiveList> list = read_list(arguments, *request);
  if (!list) return refused(list.error());
  catch_interrupts();
  // A dry run changes nothing, and may look on while another one works.
  const Result<FileDescriptor> lock = arguments.dry_run ? FileDescriptor() : lock_mount(request->mount_point());
  if (!lock) return refused(lock.error());
  const Result<int> exit_status = compact_zones(arguments, *request, *mount, *list);
  if (!exit_status) return refused(exit_status.error());
  end_if_interrupted();
  return *exit_status;
}

}  // namespace

void add_compact_command(CLI::App& app, int& exit_status) {
  const auto arguments = std::make_shared<CompactArguments>();
  CLI::App& command = *app.add_subcommand(
      "compact", "Gather what is live in zones into empty ones, and reset the zones; a second run finishes the first.");
  command.add_option("MOUNTPOINT", arguments->mount_point, "directory where zonecopyfs is mounted")->required();
  command
      .add_option("--live", arguments->live,
                  "list of live extents, `seq/12 OFFSET LENGTH` a line, or JSON; -: standard input")
      ->type_name("FILE")
      ->required();
  command
      .add_option("--map", arguments->map, "where the extents have gone, in JSON lines (default: the list's name.map)")
      ->type_name("FILE")
      ->check([](const std::string& name) { return std::string(name.empty() ? "the map needs a name" : ""); });
  command.add_flag("--dry-run", arguments->dry_run, "print the plan, and change nothing");
  command.add_flag("--json", arguments->json, "print JSON");
  command
      .add_option("--victim", arguments->victims, "empty this zone too: what the list does not name in it is garbage")
      ->type_name("ZONEFILE")
      ->allow_extra_args(false);
  command.add_option("--destination", arguments->destinations, "fill these zones, and no others")
      ->type_name("ZONEFILE")
      ->allow_extra_args(false);
  add_size_option(command, "--limit-rate", arguments->bytes_per_second, "copy so many bytes a second at most");
  command.add_flag("--background", arguments->background, "let other requests of the mount go first");
  command.callback([arguments, &exit_status] { exit_status = run_compact(*arguments); });
}

}  // namespace zonecopy::tools
