#include "tests/model/harness.h"

#include <algorithm>

#include "tests/support/random.h"

namespace zonecopy::test {

using zonefs::AttributeChange;
using zonefs::IoFlags;
using zonefs::OpenFile;

namespace {

constexpr std::int32_t writer_pid = 10;
constexpr std::int32_t other_pid = 20;

template <typename T>
int code_of(const Result<T>& result) {
  return result.ok() ? 0 : result.error().code();
}

zonefs::NodeId node_of(std::size_t file) { return MountedFileSystem::node_of(static_cast<zonefs::FileNumber>(file)); }

void fill(std::span<std::byte> data, std::uint64_t value) {
  Random random(value);
  for (std::byte& each : data) each = static_cast<std::byte>(random.next());
}

}  // namespace

Harness::Harness(EventLoop& loop, const HarnessSpec& spec)
    : loop_(loop),
      spec_(spec),
      mounted_(loop, spec.device, spec.super_block),
      model_(mounted_.device(), spec.super_block, spec.rules),
      generator_(spec.seed, spec.with_faults) {
  if (const Difference difference = mount()) remember("mount: " + *difference);
}

Harness::~Harness() {
  mounted_.device().clear_faults();
  for (Handle& handle : handles_) mounted_.release(std::move(handle.open));
}

Harness::Difference Harness::mount() {
  const Status mounted = mounted_.mount(spec_.options);
  if (!mounted) return "mount failed: " + mounted.error().to_string();
  model_.mount(spec_.options, mounted_.clock().now_ns());
  if (Difference difference = compare_directories()) return difference;
  return compare_state(model_);
}

Harness::Difference Harness::run(std::uint64_t operations) {
  if (!mounted_.is_mounted()) return "not mounted";
  for (std::uint64_t number = 1; number <= operations; ++number) {
    if (Difference difference = perform(next_operation())) return difference;
    if (number % 40 != 0 && number != operations) continue;
    if (Difference difference = compare_content()) return difference;
  }
  return std::nullopt;
}

Operation Harness::next_operation() {
  std::vector<HandleView> views;
  for (const Handle& handle : handles_) views.push_back(HandleView{handle.file, handle.writable});
  return generator_.next(model_, views);
}

void Harness::begin() {
  mounted_.clock().advance(1'000'000'000);
  mounted_.device().clear_log();
  mounted_.device().clear_faults();
}

zonefs::OpenFile* Harness::open_for_writing(Random& random) const {
  std::vector<zonefs::OpenFile*> open;
  for (const Handle& handle : handles_) {
    if (handle.writable) open.push_back(handle.open.get());
  }
  return open.empty() ? nullptr : open[random.below(open.size())];
}

Harness::Difference Harness::perform(const Operation& operation) {
  remember("#" + std::to_string(performed_++) + " " + describe(operation));
  begin();
  for (const Fault& fault : operation.faults) mounted_.device().inject(fault);
  Difference difference = dispatch(operation);
  mounted_.device().clear_faults();
  for (const CommandRecord& record : mounted_.device().log()) {
    if (record.code != 0 || record.fall_back || difference) remember("    device: " + describe(record));
  }
  return difference;
}

Harness::Difference Harness::dispatch(const Operation& operation) {
  switch (operation.action) {
    case Action::open_to_read: return open(operation.file, false);
    case Action::open_to_write: return open(operation.file, true);
    case Action::release: return release(operation.handle);
    case Action::read: return read(operation);
    case Action::write: return write(operation);
    case Action::truncate: return truncate(operation);
    case Action::attributes: return change_attributes(operation);
    case Action::sync: return sync(operation);
    case Action::copy: return copy(operation);
    case Action::remount: return remount(operation);
    case Action::mount_again: return mount_again(operation);
  }
  return std::nullopt;
}

Harness::Difference Harness::open(std::size_t file, bool for_writing) {
  const zonefs::OpenFor use = for_writing ? zonefs::OpenFor::writing : zonefs::OpenFor::reading;
  auto opened = loop_.run(mounted_->open(static_cast<zonefs::FileNumber>(file), use));
  const std::uint64_t number = opened.ok() ? (*opened)->number : 0;
  if (opened.ok()) handles_.push_back(Handle{file, for_writing, std::move(opened.value())});
  const DeviceSays says = device_says();
  Difference difference =
      settle({code_of(opened), 0}, [&](ReferenceModel& model, Choice) { return model.open(file, for_writing, says); });
  if (number != 0) model_.opened(file, number);
  return difference;
}

Harness::Difference Harness::release(std::size_t number) {
  Handle handle = std::move(handles_[number]);
  handles_.erase(handles_.begin() + static_cast<std::ptrdiff_t>(number));
  const std::uint64_t open = handle.open->number;
  mounted_.release(std::move(handle.open));
  const DeviceSays says = device_says();
  return settle({}, [&](ReferenceModel& model, Choice) {
    model.release(handle.file, handle.writable, open, says);
    return Outcome();
  });
}

Harness::Difference Harness::read(const Operation& operation) {
  Handle& handle = handles_[operation.handle];
  IoFlags flags;
  flags.direct = operation.direct;
  auto result = loop_.run(mounted_->read(*handle.open, operation.offset_bytes, operation.length_bytes, flags));
  std::span<const std::byte> data;
  if (result.ok()) data = result->data;
  const DeviceSays says = device_says();
  Difference difference = settle({code_of(result), data.size()}, [&](ReferenceModel& model, Choice) {
    return model.read(handle.file, operation.offset_bytes, operation.length_bytes, operation.direct, says);
  });
  if (difference || data.empty()) return difference;
  const auto& content = model_.file(handle.file).content;
  const auto expected = std::span(content).subspan(operation.offset_bytes, data.size());
  const auto mismatch = std::mismatch(data.begin(), data.end(), expected.begin());
  if (mismatch.first == data.end()) return std::nullopt;
  return "file " + std::to_string(handle.file) + ": wrong data at byte " +
         std::to_string(operation.offset_bytes + static_cast<std::uint64_t>(mismatch.first - data.begin()));
}

Harness::Difference Harness::write(const Operation& operation) {
  Handle& handle = handles_[operation.handle];
  // FUSE delivers payloads page-aligned; so does the test.
  const Buffer buffer(std::max<std::uint64_t>(operation.length_bytes, 1));
  const std::span<std::byte> data = buffer.first(operation.length_bytes);
  fill(data, operation.value);
  IoFlags flags;
  flags.direct = operation.direct;
  flags.append = operation.append;
  flags.sync = operation.sync;
  flags.pid = writer_pid;
  const auto file = static_cast<zonefs::FileNumber>(handle.file);
  const std::span<const std::byte> payload = data;
  auto result = loop_.run(mounted_->write(handle.open.get(), file, operation.offset_bytes, payload, flags));
  const ModelWrite request{operation.offset_bytes, data,           operation.direct,
                           operation.append,       operation.sync, handle.open->number};
  const DeviceSays says = device_says();
  return settle({code_of(result), result.ok() ? *result : 0},
                [&](ReferenceModel& model, Choice choice) { return model.write(handle.file, request, says, choice); });
}

Harness::Difference Harness::truncate(const Operation& operation) {
  OpenFile* through = operation.through_open ? handles_[operation.handle].open.get() : nullptr;
  AttributeChange change;
  change.size_bytes = operation.length_bytes;
  auto result = loop_.run(mounted_->set_attributes(node_of(operation.file), change, through, other_pid));
  const DeviceSays says = device_says();
  const std::uint64_t open = through == nullptr ? 0 : through->number;
  return settle({code_of(result), 0}, [&](ReferenceModel& model, Choice) {
    return model.truncate(operation.file, operation.length_bytes, operation.through_open, open, says);
  });
}

Harness::Difference Harness::change_attributes(const Operation& operation) {
  AttributeChange change;
  if ((operation.value & 1U) != 0) change.permissions = static_cast<std::uint32_t>(operation.value >> 8U) & 07777U;
  if ((operation.value & 2U) != 0) change.uid = static_cast<std::uint32_t>(operation.value >> 32U) & 0xffffU;
  if ((operation.value & 4U) != 0) change.gid = static_cast<std::uint32_t>(operation.value >> 40U) & 0xffffU;
  if ((operation.value & 8U) != 0) {
    change.modification_time = zonefs::Timestamp::from_nanoseconds(static_cast<std::int64_t>(operation.value >> 8U));
  }
  auto result = loop_.run(mounted_->set_attributes(node_of(operation.file), change, nullptr, other_pid));
  const std::optional<std::int64_t> time_ns =
      change.modification_time ? std::optional(nanoseconds_of(*change.modification_time)) : std::nullopt;
  return settle({code_of(result), 0}, [&](ReferenceModel& model, Choice) {
    return model.change_attributes(operation.file, change.permissions, change.uid, change.gid, time_ns);
  });
}

Harness::Difference Harness::sync(const Operation& operation) {
  auto result = loop_.run(mounted_->sync(static_cast<zonefs::FileNumber>(operation.file)));
  const DeviceSays says = device_says();
  return settle({code_of(result), 0}, [&](ReferenceModel& model, Choice) { return model.sync(operation.file, says); });
}

Harness::Difference Harness::copy(const Operation& operation) {
  const ModelCopy request{operation.source, operation.source_offset_bytes, operation.file, operation.offset_bytes,
                          operation.length_bytes};
  zonefs::CopyRequest real;
  real.source = static_cast<zonefs::FileNumber>(request.source);
  real.source_offset_bytes = request.source_offset_bytes;
  real.destination = static_cast<zonefs::FileNumber>(request.destination);
  real.destination_offset_bytes = request.destination_offset_bytes;
  real.length_bytes = request.length_bytes;
  const zonefs::Counters before = mounted_->counters();
  const ReferenceModel model_before = model_;
  auto result = loop_.run(mounted_->copy_range(real, nullptr));
  const Actual actual{code_of(result), result.ok() ? *result : 0};
  const DeviceSays says = device_says();
  Difference difference =
      settle(actual, [&](ReferenceModel& model, Choice choice) { return model.copy(request, says, choice); });
  const bool in_blocks =
      model_before.whole_blocks(model_before, request, actual.bytes) * model_before.block_size_bytes() == actual.bytes;
  if (difference) return difference;
  const CopyRoute route = mounted_.device().copy_route(mounted_.device());
  return compare_copy_counters(before, actual.bytes, in_blocks, route);
}

Harness::Difference Harness::remount(const Operation& operation) {
  zonefs::MountOptions options = operation.options;
  spec_.options.errors = options.errors;
  const Status remounted = mounted_->remount(options);
  if (!remounted) return "remount: " + remounted.error().to_string();
  model_.remount(options);
  return compare_state(model_);
}

Harness::Difference Harness::mount_again(const Operation& operation) {
  mounted_.device().clear_faults();
  while (!handles_.empty()) {
    if (Difference difference = release(handles_.size() - 1)) return difference;
    mounted_.device().clear_log();
  }
  const Status unmounted = mounted_.unmount();
  if (!unmounted.ok()) return "unmount failed: " + unmounted.error().to_string();
  Random random(operation.value);
  for (ZoneIndex zone = 0; zone < mounted_.device().zones().count(); ++zone) {
    if (random.percent(70)) mounted_.device().zones().heal(zone);
    mounted_.device().zones()[zone].disturbed = false;  // the mount is told everything
  }
  spec_.options.copy.mode = operation.options.copy.mode;
  return mount();
}

Harness::Difference Harness::settle(const Actual& actual, const Apply& apply) {
  const auto compare = [&](ReferenceModel& model, Choice choice) -> Difference {
    const Outcome outcome = apply(model, choice);
    if (!outcome.accepts(actual.error) || (outcome.error == 0 && outcome.bytes != actual.bytes)) {
      return "expected errno " + std::to_string(outcome.error) + " or " + std::to_string(outcome.bytes) +
             " bytes, got errno " + std::to_string(actual.error) + " or " + std::to_string(actual.bytes) + " bytes";
    }
    return compare_state(model);
  };
  if (device_says().all_well()) return compare(model_, Choice());
  Difference first;
  for (unsigned bits = 0; bits < 8; ++bits) {
    ReferenceModel candidate = model_;
    const Choice choice{(bits & 1U) != 0, (bits & 2U) == 0, (bits & 4U) != 0};
    const Difference difference = compare(candidate, choice);
    if (!difference) {
      model_ = candidate;
      return std::nullopt;
    }
    if (!first) first = difference;
  }
  return first;
}

Harness::Difference Harness::compare_content() {
  for (std::size_t file = 0; file < model_.files().size(); ++file) {
    mounted_.device().clear_log();
    if (Difference difference = open(file, false)) return difference;
    Operation whole;
    whole.handle = handles_.size() - 1;
    whole.length_bytes = model_.file(file).capacity_bytes;
    Difference difference = read(whole);
    if (Difference closing = release(handles_.size() - 1); closing && !difference) difference = closing;
    if (difference) return "content of file " + std::to_string(file) + ": " + *difference;
  }
  return std::nullopt;
}

void Harness::remember(std::string line) {
  history_.push_back(std::move(line));
  if (history_.size() > 40) history_.pop_front();
}

std::string Harness::history() const {
  std::string text;
  for (const std::string& line : history_) text += line + "\n";
  return text;
}

}  // namespace zonecopy::test
