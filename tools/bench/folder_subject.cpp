#include "tools/bench/folder_subject.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "src/gather/mount_call.h"
#include "tools/bench/facts.h"
#include "tools/bench/file_copies.h"
#include "tools/bench/pattern.h"
#include "tools/clone/folder.h"
#include "zonecopy/open_device.h"
#include "zonefs/host/mount_table.h"
#include "zonefs/host/mounted_device.h"

namespace zonecopy::benching {
namespace {

constexpr std::uint64_t write_bytes = 1U << 20;

Error make_error(const std::string& path, int code, std::string detail) {
  return Error(code, "bench", std::move(detail)).on_device(path);
}

/// Each job holds all of its files open.
void allow_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// Threads of one call, and what they share.
class Jobs {
 public:
  explicit Jobs(const Watch& watch) : watch_(watch) {}

  /// Does `job` for all numbers below `count`, each in a thread of its own. The first error.
  Status run(std::size_t count, const std::function<Status(std::size_t number)>& job) {
    {
      std::vector<std::jthread> threads;
      for (std::size_t number = 0; number < count; ++number) threads.emplace_back([&, number] { note(job(number)); });
    }
    return error_ ? Status(*error_) : Status();
  }
  /// An error that ends the job, where another has failed or the work was stopped.
  Status go_on(const std::string& path) {
    if (watch_.stopped()) return make_error(path, EINTR, "interrupted");
    return failed_ ? Status(make_error(path, ECANCELED, "another job has failed")) : Status();
  }

 private:
  void note(const Status& done) {
    if (done) return;
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = done.error();
    failed_ = true;
  }

  const Watch& watch_;
  std::mutex mutex_;
  std::optional<Error> error_;  ///< under mutex_
  std::atomic<bool> failed_ = false;
};

CopyLimits limits_of(const zonecopy_limits& mount) {
  return {mount.copy_ranges_max, mount.copy_range_max_blocks, mount.copy_max_blocks};
}

/// What the mount of this file can do.
std::optional<zonecopy_limits> ask_mount(const std::string& path) {
  const Result<FileDescriptor> file = open_zone_file(path, O_RDONLY);
  return file ? gather::ask_limits(file->get()) : std::nullopt;
}

void add_devices(const std::string& folder, SubjectFacts& facts) {
  const Result<std::string> real_path = canonical_device_name(folder);
  if (!real_path) return;
  const Result<std::vector<zonefs::DeviceRow>> rows = zonefs::devices_behind(*real_path);
  if (!rows) return;
  for (const zonefs::DeviceRow& row : *rows) facts.devices.insert(facts.devices.end(), row.begin(), row.end());
  if (facts.devices.empty()) return;
  const DriveFacts drive = drive_facts(facts.devices.front());
  facts.model = drive.model;
  facts.firmware = drive.firmware;
  facts.transport = drive.transport;
}

Status truncate_file(const std::string& path) {
  const Result<FileDescriptor> file = open_zone_file(path, O_WRONLY);
  if (!file) return file.error();
  if (ftruncate(file->get(), 0) != 0) return Error(errno, "zone reset").on_device(path);
  return {};
}

/// What one job writes into one file.
struct Filling {
  std::string path;
  std::size_t place = 0;
  std::uint64_t length_bytes = 0;
  std::uint64_t capacity_bytes = 0;
  char& ours;
};

/// Notes that a file holds what was written to it here, if it does. EINVAL: it did not end where it was to be written, since
/// another has written to it meanwhile.
void note_written(const Status& done, char& ours) {
  if (done || done.error().code() != EINVAL) ours = 1;
}

Status fill_file(const Filling& filling, const Plan& plan, const Load& load, const Watch& watch, Jobs& jobs,
                 const Buffer& buffer) {
  const Result<FileDescriptor> file = open_zone_file(filling.path, O_WRONLY | O_DIRECT);
  if (!file) return file.error();
  for (std::uint64_t done = 0; done < filling.length_bytes;) {
    const Status going_on = jobs.go_on(filling.path);
    if (!going_on) return going_on;
    const std::span<std::byte> data = buffer.first(std::min<std::uint64_t>(buffer.size(), filling.length_bytes - done));
    make_pattern(load.seed, filling.place, done, data);
    const Status written = write_all(file->get(), filling.path, done, data);
    note_written(written, filling.ours);
    if (!written) return written;
    done += data.size();
    watch.done(data.size());
  }
  if (!plan.finish_zones || filling.length_bytes == filling.capacity_bytes) return {};
  if (ftruncate(file->get(), static_cast<off_t>(filling.capacity_bytes)) == 0) return {};
  return Error(errno, "zone finish").on_device(filling.path);
}

}  // namespace

Result<std::unique_ptr<FolderSubject>> FolderSubject::open(const std::string& path) {
  allow_many_files();
  Result<cloning::Side> side = cloning::read_folder(path);
  if (!side) return side.error();
  SubjectFacts facts;
  Supply supply;
  std::vector<std::string> files;
  facts.name = path;
  facts.kind = "mount";
  facts.block_size_bytes = supply.block_size_bytes = side->block_size_bytes;
  for (const cloning::ZoneFacts& zone : side->zones) {
    files.push_back(zone.name);
    if (!zone.sequential) continue;
    ++facts.zone_count;
    facts.zone_capacity_bytes = std::max(facts.zone_capacity_bytes, zone.capacity_bytes);
    if (zone.size_bytes > 0 && !zone.full) ++supply.active_by_others;
    if (zone.size_bytes != 0 || zone.full || !zone.writable || zone.health != cloning::Health::good) continue;
    supply.zones.push_back({files.size() - 1, zone.capacity_bytes});
  }
  const std::optional<zonecopy_limits> mount = ask_mount(path + '/' + files.front());
  if (mount) {
    facts.copy_limits = limits_of(*mount);
    facts.copy_mechanism = mount->copy_mechanism;
    facts.not_offloaded_because = mount->not_offloaded_because;
  }
  add_devices(path, facts);
  return std::make_unique<FolderSubject>(std::move(facts), std::move(files), std::move(supply), mount);
}

FolderSubject::FolderSubject(SubjectFacts facts, std::vector<std::string> files, Supply supply,
                             std::optional<zonecopy_limits> mount)
    : files_(std::move(files)), ours_(files_.size()), supply_(std::move(supply)), mount_(mount) {
  facts_ = std::move(facts);
}

Result<Supply> FolderSubject::supply(bool destroy) {
  if (!destroy) return supply_;
  return make_error(facts_.name, EINVAL,
                    "--destroy is for devices that are not mounted; of a mount only files that are empty are used, so "
                    "empty some: truncate -s 0 FILE");
}

std::string FolderSubject::why_not(Mode mode) const {
  if (mode == Mode::read_write) return {};
  if (!mount_) return "this is no mount of zonecopyfs, and copies nothing";
  if (mode == Mode::offload) return mount_->not_offloaded_because;
  if (mode == Mode::emulate && mount_->copy_mode != ZONECOPY_COPY_EMULATE) {
    return "how a mount copies is its own choice; mount with -o copy=emulate";
  }
  return {};
}

Status FolderSubject::make_writable() {
  struct statvfs facts {};
  if (statvfs(facts_.name.c_str(), &facts) != 0) return Error(errno, "statvfs").on_device(facts_.name);
  return (facts.f_flag & ST_RDONLY) == 0 ? Status() : Status(make_error(facts_.name, EROFS, ""));
}

std::vector<std::string> FolderSubject::paths_of(const std::vector<std::size_t>& zones) const {
  std::vector<std::string> paths;
  for (const std::size_t zone : zones) paths.push_back(path_of(zone));
  return paths;
}

Status FolderSubject::reset(const std::vector<std::size_t>& zones) {
  for (const std::size_t zone : zones) {
    if (ours_[zone] == 0) continue;
    const Status reset = truncate_file(path_of(zone));
    if (!reset) return reset;
    ours_[zone] = 0;
  }
  return {};
}

Status FolderSubject::fill(const Plan& plan, const Load& load, const Watch& watch) {
  Jobs jobs(watch);
  return jobs.run(plan.jobs.size(), [&](std::size_t number) -> Status {
    const Buffer buffer(write_bytes);
    const std::vector<std::size_t>& sources = plan.jobs[number].sources;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const Filling filling{path_of(sources[i]), sources[i], plan.zone_fill_bytes(i), plan.zone_bytes,
                            ours_[sources[i]]};
      const Status filled = fill_file(filling, plan, load, watch, jobs, buffer);
      if (!filled) return filled;
    }
    return {};
  });
}

Status FolderSubject::run(const Plan& plan, const Load& load, const Shape& shape, Mode mode, const Watch& watch,
                          Copied& copied) {
  using Clock = std::chrono::steady_clock;
  Jobs jobs(watch);
  std::mutex mutex;  // of `copied`
  return jobs.run(plan.jobs.size(), [&](std::size_t number) -> Status {
    const JobZones& zones = plan.jobs[number];
    const Result<std::unique_ptr<FileCopies>> copies =
        FileCopies::open(paths_of(zones.sources), paths_of(zones.destinations), shape, mode,
                         plan.finishes_destinations(shape) ? plan.zone_bytes : 0);
    if (!copies) return copies.error();
    const Walk walk(plan, shape, load, number);
    Copied of_job;
    Status done;
    for (std::uint64_t i = 0; i < walk.steps() && done; ++i) {
      done = jobs.go_on(facts_.name);
      if (!done) break;
      const Step step = walk.step(i);
      const Clock::time_point begin = Clock::now();
      done = (*copies)->copy(step);
      note_written(done, ours_[zones.destinations[step.destination.zone]]);
      if (!done) break;
      const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin);
      of_job.latencies.add(static_cast<std::uint64_t>(took.count()));
      ++of_job.copies;
      watch.done(shape.bytes());
    }
    of_job.add((*copies)->take());
    const std::lock_guard lock(mutex);
    copied.add(of_job);
    return done;
  });
}

Status FolderSubject::flush(const Plan& plan) {
  for (const JobZones& job : plan.jobs) {
    for (const std::string& path : paths_of(job.destinations)) {
      const Result<FileDescriptor> file = open_zone_file(path, O_WRONLY);
      if (!file) return file.error();
      if (fdatasync(file->get()) != 0) return Error(errno, "fdatasync").on_device(path);
    }
  }
  return {};
}

Status FolderSubject::read(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) {
  const std::string path = path_of(zone);
  const Result<FileDescriptor> file = open_zone_file(path, O_RDONLY | O_DIRECT);
  if (!file) return file.error();
  return read_all(file->get(), path, offset_bytes, data);
}

}  // namespace zonecopy::benching
