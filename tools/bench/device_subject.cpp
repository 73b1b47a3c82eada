#include "tools/bench/device_subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "tools/bench/facts.h"
#include "tools/bench/pattern.h"
#include "tools/bench/walk.h"
#include "zonecopy/copy.h"
#include "zonecopy/open_device.h"
#include "zonefs/format/checks.h"
#include "zonefs/format/existing_content.h"
#include "zonefs/host/mounted_device.h"

namespace zonecopy::benching {
namespace {

constexpr std::uint64_t write_bytes = 1U << 20;
constexpr std::size_t emulation_buffers_a_job = 5;  ///< those that an emulated copy reads ahead, and writes

Error make_error(const std::string& path, int code, std::string detail) {
  return Error(code, "bench", std::move(detail)).on_device(path);
}

Error in_use_error(const std::string& path, const Error& error) {
  if (error.code() != EBUSY) return error;
  const Result<std::optional<std::string>> mounted = zonefs::mount_point_of_device(path);
  if (!mounted || !mounted->has_value()) return error;
  return make_error(path, EBUSY, fmt::format("it is mounted at {}: unmount it, or name that folder", **mounted));
}

constexpr bool is_empty(ZoneCondition condition) { return condition == ZoneCondition::empty; }
constexpr bool is_full(ZoneCondition condition) { return condition == ZoneCondition::full; }
bool usable(const Zone& zone) { return zone.sequential() && !zonefs::dead(zone); }

CopyMode engine_mode(Mode mode) {
  if (mode == Mode::offload) return CopyMode::offload;
  return mode == Mode::emulate ? CopyMode::emulate : CopyMode::automatic;
}

SubjectFacts facts_of(const std::string& name, const DeviceInfo& info, const std::vector<Zone>& zones) {
  SubjectFacts facts;
  const DriveFacts drive = drive_facts(info.path);
  facts.name = name;
  facts.kind = to_string(info.kind);
  facts.devices = {info.path};
  facts.model = drive.model;
  facts.firmware = drive.firmware;
  facts.transport = drive.transport;
  facts.block_size_bytes = info.block_size_bytes;
  facts.limits = info.resource_limits;
  facts.copy_limits = info.copy_limits;
  facts.copy_mechanism = info.copy_mechanism;
  facts.not_offloaded_because = info.copy_objection();
  for (const Zone& zone : zones) {
    if (!zone.sequential()) continue;
    ++facts.zone_count;
    facts.zone_capacity_bytes = std::max(facts.zone_capacity_bytes, zone.capacity_blocks * info.block_size_bytes);
  }
  return facts;
}

}  // namespace

/// What the jobs of one call share.
struct DeviceSubject::Work {
  const Plan& plan;
  const Load& load;
  const Watch& watch;
  Shape shape;
  Mode mode = Mode::automatic;
  BufferPool* buffers = nullptr;  ///< of emulated copies
  Copied copied;
  std::optional<Error> error;  ///< the first
  Gate gate;
};

struct DeviceSubject::OneCopy {
  Lba destination_lba = 0;
  std::vector<Extent> sources;
  std::span<std::byte> buffer;  ///< of read_and_write()
};

Result<std::unique_ptr<Subject>> DeviceSubject::open(const std::string& path) {
  Result<std::unique_ptr<EventLoop>> loop = EventLoop::create(loop_options_for(path));
  if (!loop) return loop.error();
  OpenOptions options;
  options.read_only = true;
  Result<std::unique_ptr<ZonedDevice>> device = open_device(**loop, path, options);
  if (!device) return in_use_error(path, device.error());
  Result<std::vector<Zone>> zones = (*loop)->run(zonefs::report_all_zones(**device));
  if (!zones) return zones.error();
  return std::unique_ptr<Subject>(
      std::make_unique<DeviceSubject>(std::move(*loop), std::move(*device), std::move(*zones), path));
}

DeviceSubject::DeviceSubject(std::unique_ptr<EventLoop> loop, std::unique_ptr<ZonedDevice> device,
                             std::vector<Zone> zones, const std::string& name)
    : loop_(std::move(loop)), device_(std::move(device)), zones_(std::move(zones)) {
  facts_ = facts_of(name, device_->info(), zones_);
}

Lba DeviceSubject::lba_of(std::size_t zone, std::uint64_t offset_bytes) const {
  return zones_[zone].start_lba + offset_bytes / device_->info().block_size_bytes;
}

std::uint64_t DeviceSubject::transfer_max_bytes(std::uint64_t bytes) const {
  return std::min<std::uint64_t>(bytes, device_->info().max_transfer_bytes);
}

Status DeviceSubject::refuse_content() {
  const Result<std::optional<std::string>> content =
      loop_->run(zonefs::find_existing_content(*device_, std::span<const Zone>(zones_)));
  if (!content) return content.error();
  if (content->has_value()) {
    return make_error(facts_.name, EEXIST,
                      fmt::format("it appears to contain {}; --destroy uses its zones all the same, and all that is "
                                  "in these is lost",
                                  **content));
  }
  for (const Zone& zone : zones_) {
    if (!usable(zone) || zone.condition == ZoneCondition::empty) continue;
    return make_error(facts_.name, EEXIST, "it holds data; --destroy resets zones, and all that is in these is lost")
        .at_zone(zone.index);
  }
  return {};
}

Result<Supply> DeviceSubject::supply(bool destroy) {
  if (!destroy) {
    const Status empty = refuse_content();
    if (!empty) return empty.error();
  }
  Supply supply;
  supply.block_size_bytes = facts_.block_size_bytes;
  supply.limits = facts_.limits;
  // Those that are active first: once they are reset, they hold no place among those that the device allows.
  for (const auto wanted : {is_active, is_empty, is_full}) {
    for (const Zone& zone : zones_) {
      if (!usable(zone) || !wanted(zone.condition)) continue;
      supply.zones.push_back({zone.index, zone.capacity_blocks * facts_.block_size_bytes});
    }
  }
  return supply;
}

std::string DeviceSubject::why_not(Mode mode) const {
  return mode == Mode::offload ? device_->info().copy_objection() : std::string();
}

Task<Status> DeviceSubject::reset_all(const std::vector<std::size_t>& zones) {
  for (const std::size_t zone : zones) {
    const Status reset = co_await device_->manage_zone(static_cast<ZoneIndex>(zone), ZoneAction::reset);
    if (!reset) co_return reset;
  }
  co_return Status();
}

Status DeviceSubject::reset(const std::vector<std::size_t>& zones) { return loop_->run(reset_all(zones)); }

Status DeviceSubject::flush(const Plan&) { return loop_->run(device_->flush()); }

Status DeviceSubject::read(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) {
  for (std::size_t done = 0; done < data.size();) {
    const std::span<std::byte> part = data.subspan(done, transfer_max_bytes(data.size() - done));
    const Status read = loop_->run(device_->read(lba_of(zone, offset_bytes + done), part));
    if (!read) return read;
    done += part.size();
  }
  return {};
}

Task<void> DeviceSubject::run_job(Work& work, Task<Status> (DeviceSubject::*job)(Work& work, std::size_t number),
                                  std::size_t number) {
  const GatePass pass(work.gate);
  Task<Status> begun = (this->*job)(work, number);
  const Status done = co_await begun;
  if (!done && !work.error) work.error = done.error();
}

Task<Status> DeviceSubject::run_jobs(Work& work, Task<Status> (DeviceSubject::*job)(Work& work, std::size_t number)) {
  for (std::size_t number = 0; number < work.plan.jobs.size(); ++number) loop_->spawn(run_job(work, job, number));
  Event& ended = work.gate.drained();
  co_await ended;
  if (work.error) co_return *work.error;
  co_return Status();
}

Status DeviceSubject::all_jobs(Work& work, Task<Status> (DeviceSubject::*job)(Work& work, std::size_t number)) {
  return loop_->run(run_jobs(work, job));
}

Status DeviceSubject::fill(const Plan& plan, const Load& load, const Watch& watch) {
  Work work{plan, load, watch, {}, Mode::read_write, nullptr, {}, std::nullopt, {}};
  return all_jobs(work, &DeviceSubject::fill_job);
}

Task<Status> DeviceSubject::fill_job(Work& work, std::size_t number) {
  const Buffer buffer(transfer_max_bytes(write_bytes));
  const std::vector<std::size_t>& sources = work.plan.jobs[number].sources;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::span<std::byte> data = buffer.span();
    const std::uint64_t length_bytes = work.plan.zone_fill_bytes(i);
    const std::size_t zone = sources[i];
    const Status filled = co_await fill_zone(work, zone, length_bytes, data);
    if (!filled) co_return filled;
  }
  co_return Status();
}

Task<Status> DeviceSubject::fill_zone(Work& work, std::size_t zone, std::uint64_t length_bytes,
                                      std::span<std::byte> buffer) {
  for (std::uint64_t done = 0; done < length_bytes && !work.error;) {
    if (work.watch.stopped()) co_return make_error(facts_.name, EINTR, "interrupted");
    const std::span<std::byte> data = buffer.first(std::min<std::uint64_t>(buffer.size(), length_bytes - done));
    make_pattern(work.load.seed, zone, done, data);
    const Lba lba = lba_of(zone, done);
    const Status written = co_await device_->write(lba, data);
    if (!written) co_return written;
    done += data.size();
    work.watch.done(data.size());
  }
  if (!work.plan.finish_zones || work.error || length_bytes == work.plan.zone_bytes) co_return Status();
  const Status finished = co_await device_->manage_zone(static_cast<ZoneIndex>(zone), ZoneAction::finish);
  co_return finished;
}

Status DeviceSubject::run(const Plan& plan, const Load& load, const Shape& shape, Mode mode, const Watch& watch,
                          Copied& copied) {
  const std::uint64_t buffer_bytes = transfer_max_bytes(std::min(shape.bytes(), write_bytes));
  BufferPool buffers(buffer_bytes, plan.jobs.size() * emulation_buffers_a_job, &loop_->memory());
  Work work{plan, load, watch, shape, mode, &buffers, {}, std::nullopt, {}};
  const Status done = all_jobs(work, &DeviceSubject::copy_job);
  copied.add(work.copied);
  return done;
}

Task<Status> DeviceSubject::copy_job(Work& work, std::size_t number) {
  using Clock = std::chrono::steady_clock;
  const JobZones& zones = work.plan.jobs[number];
  const Walk walk(work.plan, work.shape, work.load, number);
  const std::uint64_t range_blocks = work.shape.block_bytes / facts_.block_size_bytes;
  Buffer buffer;
  if (work.mode == Mode::read_write) buffer = Buffer(transfer_max_bytes(work.shape.block_bytes));
  OneCopy copy{0, {}, buffer.span()};
  for (std::uint64_t i = 0; i < walk.steps() && !work.error; ++i) {
    if (work.watch.stopped()) co_return make_error(facts_.name, EINTR, "interrupted");
    const Step step = walk.step(i);
    if (step.destination.offset_bytes == 0 && i > 0 && work.plan.finishes_destinations(work.shape)) {
      const auto left = static_cast<ZoneIndex>(zones.destinations[step.destination.zone - 1]);
      const Status finished = co_await device_->manage_zone(left, ZoneAction::finish);
      if (!finished) co_return finished;
    }
    copy.destination_lba = lba_of(zones.destinations[step.destination.zone], step.destination.offset_bytes);
    copy.sources.clear();
    for (const JobPlace& source : step.sources) {
      copy.sources.push_back({lba_of(zones.sources[source.zone], source.offset_bytes), range_blocks});
    }
    const Clock::time_point begin = Clock::now();
    const Status done = co_await copy_once(work, copy);
    if (!done) co_return done;
    const auto took = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin);
    work.copied.latencies.add(static_cast<std::uint64_t>(took.count()));
    ++work.copied.copies;
    work.watch.done(work.shape.bytes());
  }
  co_return Status();
}

Task<Status> DeviceSubject::copy_once(Work& work, const OneCopy& copy) {
  if (work.mode == Mode::read_write) {
    const Status done = co_await read_and_write(work, copy);
    co_return done;
  }
  const std::uint64_t blocks = work.shape.bytes() / facts_.block_size_bytes;
  CopyJob job{copy.sources, Destination{copy.destination_lba, blocks}};
  CopyOptions options;
  options.mode = engine_mode(work.mode);
  options.buffers = work.buffers;
  CopyReport report =
      co_await zonecopy::copy(*loop_, *device_, *device_, std::move(job), options, static_cast<CancelToken*>(nullptr));
  work.copied.bytes_offloaded += report.blocks_offloaded * facts_.block_size_bytes;
  work.copied.bytes_kernel += report.blocks_kernel * facts_.block_size_bytes;
  work.copied.bytes_emulated += report.blocks_emulated * facts_.block_size_bytes;
  work.copied.commands += report.copy_commands;
  if (report.fallback_reason && work.copied.not_offloaded_because.empty()) {
    work.copied.not_offloaded_because = *report.fallback_reason;
  }
  if (report.error) co_return *report.error;
  if (report.blocks() != blocks) co_return make_error(facts_.name, EIO, "a copy ended early");
  co_return Status();
}

/// A read, then a write of what was read, as the fio fork has it with emulate=1.
Task<Status> DeviceSubject::read_and_write(Work& work, const OneCopy& copy) {
  Lba to_lba = copy.destination_lba;
  for (const Extent& source : copy.sources) {
    for (std::uint64_t done_blocks = 0; done_blocks < source.blocks;) {
      const std::uint64_t left_bytes = (source.blocks - done_blocks) * facts_.block_size_bytes;
      const std::span<std::byte> data = copy.buffer.first(std::min<std::uint64_t>(copy.buffer.size(), left_bytes));
      const Status read = co_await device_->read(source.start_lba + done_blocks, data);
      if (!read) co_return read;
      const Status written = co_await device_->write(to_lba, data);
      if (!written) co_return written;
      const std::uint64_t blocks = data.size() / facts_.block_size_bytes;
      done_blocks += blocks;
      to_lba += blocks;
      work.copied.bytes_emulated += data.size();
    }
  }
  co_return Status();
}

}  // namespace zonecopy::benching
