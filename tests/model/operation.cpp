#include "tests/model/operation.h"

#include <algorithm>
#include <array>

namespace zonecopy::test {

namespace {

const char* name_of(Action action) {
  static constexpr std::array<const char*, action_kinds> names = {"open to read", "open to write", "release",    "read",
                                                                  "write",        "truncate",      "attributes", "sync",
                                                                  "copy",         "remount",       "mount again"};
  return names[static_cast<std::size_t>(action)];
}

std::string describe_fault(const Fault& fault) {
  std::string text = fault.command ? to_string(*fault.command) : "any command";
  text += " #" + std::to_string(fault.skip) + " errno " + std::to_string(fault.code);
  text += " landed " + std::to_string(fault.blocks_landed) + " foreign " + std::to_string(fault.foreign_blocks);
  if (fault.fall_back) text += " fall back";
  if (fault.command == Command::copy) text += " ranges " + std::to_string(fault.ranges_done);
  if (fault.zone_becomes) text += " zone becomes " + std::string(zonecopy::to_string(*fault.zone_becomes));
  return text;
}

}  // namespace

std::string describe(const Operation& operation) {
  std::string text = name_of(operation.action);
  text += " file " + std::to_string(operation.file) + " handle " + std::to_string(operation.handle);
  text += " offset " + std::to_string(operation.offset_bytes) + " length " + std::to_string(operation.length_bytes);
  if (operation.action == Action::copy) {
    text +=
        " from file " + std::to_string(operation.source) + " offset " + std::to_string(operation.source_offset_bytes);
  }
  if (operation.direct) text += " direct";
  if (operation.append) text += " append";
  if (operation.sync) text += " sync";
  if (operation.through_open) text += " through open";
  if (operation.action == Action::remount || operation.action == Action::mount_again) {
    text += " " + std::string(to_string(operation.options.errors));
    if (operation.options.explicit_open) text += " explicit-open";
    if (operation.options.read_only) text += " ro";
    text += " copy=" + std::string(to_string(operation.options.copy.mode));
  }
  for (const Fault& fault : operation.faults) text += " [fault: " + describe_fault(fault) + "]";
  return text;
}

OperationGenerator::OperationGenerator(std::uint64_t seed, bool with_faults)
    : random_(seed ^ 0x6f70657261746fU), with_faults_(with_faults) {
  static constexpr std::uint32_t tastes[] = {1, 3, 10, 20};
  for (std::uint32_t& weight : weights_) weight = tastes[random_.below(4)];
  const auto set = [this](Action action, std::uint32_t weight) { weights_[static_cast<std::size_t>(action)] = weight; };
  set(Action::open_to_write, static_cast<std::uint32_t>(random_.between(5, 10)));
  set(Action::release, static_cast<std::uint32_t>(random_.between(5, 10)));
  set(Action::write, static_cast<std::uint32_t>(random_.between(15, 50)));
  set(Action::copy, static_cast<std::uint32_t>(random_.between(10, 50)));
  set(Action::remount, static_cast<std::uint32_t>(random_.between(1, 3)));
  set(Action::mount_again, 1);
  wrong_percent_ = static_cast<std::uint32_t>(random_.between(3, 30));
}

Operation OperationGenerator::next(const ReferenceModel& model, const std::vector<HandleView>& handles) {
  Operation operation;
  operation.action = choose_action(handles);
  // A mount that an error has made read-only would make most of what follows boring.
  if (model.read_only() && random_.percent(25)) operation.action = Action::remount;
  operation.file = random_.below(model.files().size());
  operation.handle = random_.below(handles.size());
  operation.direct = random_.percent(60);
  operation.value = random_.next();
  switch (operation.action) {
    case Action::read: {
      const ModelFile& file = model.file(handles[operation.handle].file);
      operation.offset_bytes = random_.percent(40) ? 0 : choose_offset(file, model.block_size_bytes());
      operation.length_bytes = choose_length(file, operation.offset_bytes, model.block_size_bytes());
      break;
    }
    case Action::write: choose_write(operation, model, handles); break;
    case Action::truncate: choose_truncate(operation, model, handles); break;
    case Action::copy: choose_copy(operation, model); break;
    case Action::remount:
    case Action::mount_again: choose_options(operation, model, handles); break;
    case Action::open_to_read:
    case Action::open_to_write:
    case Action::release:
    case Action::attributes:
    case Action::sync: break;
  }
  const bool by_handle =
      operation.action == Action::read || operation.action == Action::write || operation.action == Action::release;
  if (by_handle) operation.file = handles[operation.handle].file;  // for the description
  if (!model.options().strict) {
    if (with_faults_ || model.limits_zones()) keep_to_blocks(operation, model, handles);
    else choose_odd(operation, model, handles);
  }
  if (with_faults_ && random_.percent(15)) choose_faults(operation);
  return operation;
}

/// Where the device fails, the model knows what follows for writes of whole blocks at the end of a file.
void OperationGenerator::keep_to_blocks(Operation& operation, const ReferenceModel& model,
                                        const std::vector<HandleView>& handles) const {
  const std::uint64_t block = model.block_size_bytes();
  const bool write = operation.action == Action::write;
  const ModelFile& file = model.file(write ? handles[operation.handle].file : operation.file);
  if (operation.action == Action::copy) operation.source_offset_bytes -= operation.source_offset_bytes % block;
  if (operation.action == Action::copy || (write && file.sequential)) {
    operation.length_bytes -= operation.length_bytes % block;
    operation.offset_bytes -= operation.offset_bytes % block;
    const bool beyond = operation.offset_bytes > file.size_bytes && operation.offset_bytes < file.capacity_bytes;
    if (file.sequential && beyond) operation.offset_bytes = file.size_bytes;
  }
  if (operation.action != Action::truncate) return;
  const bool grows = operation.length_bytes > file.size_bytes;
  if (grows || !file.sequential) operation.length_bytes = file.capacity_bytes;
}

/// Writes, copies and sizes that are of no whole blocks, or leave a gap.
void OperationGenerator::choose_odd(Operation& operation, const ReferenceModel& model,
                                    const std::vector<HandleView>& handles) {
  const std::uint64_t block = model.block_size_bytes();
  const bool write = operation.action == Action::write;
  const ModelFile& file = model.file(write ? handles[operation.handle].file : operation.file);
  if (write || operation.action == Action::copy) {
    if (random_.percent(50)) operation.offset_bytes = file.length_bytes();
    if (random_.percent(15)) operation.offset_bytes = file.data_end_bytes() + random_.below(3 * block);
    if (random_.percent(50)) operation.length_bytes = random_.between(1, 3 * block);
    if (random_.percent(30)) operation.source_offset_bytes = operation.offset_bytes;
    if (random_.percent(15)) operation.source_offset_bytes = random_.below(file.capacity_bytes);
    if (write && random_.percent(60)) operation.direct = false;
  }
  if (operation.action == Action::truncate && random_.percent(40)) {
    operation.length_bytes = file.length_bytes() + random_.below(4 * block);
  }
}

Action OperationGenerator::choose_action(const std::vector<HandleView>& handles) {
  std::uint64_t total = 0;
  for (const std::uint32_t weight : weights_) total += weight;
  std::uint64_t drawn = random_.below(total);
  std::size_t kind = 0;
  while (drawn >= weights_[kind]) drawn -= weights_[kind++];
  const auto action = static_cast<Action>(kind);
  const bool writable = std::any_of(handles.begin(), handles.end(), [](const HandleView& h) { return h.writable; });
  const bool opens = action == Action::open_to_read || action == Action::open_to_write;
  if (opens && handles.size() >= 10) return Action::release;
  if (action == Action::write && !writable) return Action::open_to_write;
  const bool needs_handle = action == Action::read || action == Action::release;
  if (needs_handle && handles.empty()) return Action::open_to_read;
  return action;
}

std::size_t OperationGenerator::choose_writable(const std::vector<HandleView>& handles) {
  std::size_t at = random_.below(handles.size());
  while (!handles[at].writable) at = (at + 1) % handles.size();
  return at;
}

std::uint64_t OperationGenerator::choose_offset(const ModelFile& file, std::uint32_t block) {
  if (!random_.percent(wrong_percent_)) {
    return file.sequential ? file.size_bytes : random_.below(file.capacity_bytes / block) * block;
  }
  switch (random_.below(5)) {
    case 0: return 0;
    case 1: return random_.below(file.capacity_bytes / block) * block;
    case 2: return random_.below(file.capacity_bytes);
    case 3: return file.capacity_bytes;
    default: return file.capacity_bytes + random_.below(3) * block;
  }
}

std::uint64_t OperationGenerator::choose_length(const ModelFile& file, std::uint64_t offset, std::uint32_t block) {
  if (random_.percent(wrong_percent_)) {
    switch (random_.below(4)) {
      case 0: return 0;
      case 1: return random_.below(file.capacity_bytes);
      case 2: return file.capacity_bytes * 2;
      default: return block / 2;
    }
  }
  if (offset < file.capacity_bytes && random_.percent(10)) return file.capacity_bytes - offset;
  if (random_.percent(20)) return random_.between(1, file.capacity_bytes / block) * block;
  return random_.between(1, 6) * block;
}

void OperationGenerator::choose_write(Operation& operation, const ReferenceModel& model,
                                      const std::vector<HandleView>& handles) {
  operation.handle = choose_writable(handles);
  const ModelFile& file = model.file(handles[operation.handle].file);
  operation.append = random_.percent(10);
  operation.sync = random_.percent(10);
  operation.offset_bytes = choose_offset(file, model.block_size_bytes());
  operation.length_bytes = choose_length(file, operation.offset_bytes, model.block_size_bytes());
  // Buffered writes to conventional files may start and end anywhere.
  if (!file.sequential && !operation.direct && random_.percent(60)) {
    operation.offset_bytes = random_.below(file.capacity_bytes);
    operation.length_bytes = random_.between(1, 5ULL * model.block_size_bytes());
  }
}

void OperationGenerator::choose_copy(Operation& operation, const ReferenceModel& model) {
  const ModelFile& destination = model.file(operation.file);
  const std::uint32_t block = model.block_size_bytes();
  operation.source = random_.below(model.files().size());
  // Prefer a source that has something in it.
  for (int tries = 0; tries < 3 && model.file(operation.source).size_bytes == 0; ++tries) {
    operation.source = random_.below(model.files().size());
  }
  const ModelFile& source = model.file(operation.source);
  operation.offset_bytes = choose_offset(destination, block);
  operation.source_offset_bytes = random_.below(source.size_bytes / block + 1) * block;
  if (random_.percent(wrong_percent_ / 2)) operation.source_offset_bytes = random_.below(source.capacity_bytes + 1);
  operation.length_bytes = choose_length(source, operation.source_offset_bytes, block);
}

void OperationGenerator::choose_truncate(Operation& operation, const ReferenceModel& model,
                                         const std::vector<HandleView>& handles) {
  const auto writable = [](const HandleView& h) { return h.writable; };
  operation.through_open = random_.percent(50) && std::any_of(handles.begin(), handles.end(), writable);
  if (operation.through_open) {
    operation.handle = choose_writable(handles);
    operation.file = handles[operation.handle].file;
  }
  const ModelFile& file = model.file(operation.file);
  operation.length_bytes = random_.percent(60) ? 0 : file.capacity_bytes;
  if (random_.percent(wrong_percent_)) operation.length_bytes = random_.below(file.capacity_bytes * 2);
  if (random_.percent(wrong_percent_)) operation.length_bytes = file.size_bytes;
}

void OperationGenerator::choose_options(Operation& operation, const ReferenceModel& model,
                                        const std::vector<HandleView>& handles) {
  operation.options = model.options();
  operation.options.read_only = false;
  if (operation.action == Action::remount) {
    // A remount to read-only with open writers is refused long before it comes here.
    const auto writable = [](const HandleView& h) { return h.writable; };
    if (std::none_of(handles.begin(), handles.end(), writable)) operation.options.read_only = random_.percent(15);
    return;
  }
  if (!random_.percent(40)) return;
  static constexpr CopyMode modes[] = {CopyMode::automatic, CopyMode::offload, CopyMode::emulate};
  operation.options.copy.mode = modes[random_.below(3)];
}

void OperationGenerator::choose_faults(Operation& operation) {
  operation.faults.push_back(choose_fault(operation));
  if (random_.percent(20)) operation.faults.push_back(choose_fault(operation));
  if (random_.percent(10)) {
    Fault report;
    report.command = Command::report;
    operation.faults.push_back(report);
  }
}

Fault OperationGenerator::choose_fault(const Operation& operation) {
  Fault fault;
  if (operation.action == Action::copy && random_.percent(60)) fault.command = Command::copy;
  if (operation.action == Action::write && random_.percent(60)) fault.command = Command::write;
  fault.skip = random_.below(3);
  fault.blocks_landed = random_.percent(50) ? random_.between(1, 6) : 0;
  if (fault.command == Command::copy) {
    fault.fall_back = random_.percent(40);
    fault.ranges_done = static_cast<std::uint32_t>(random_.below(3));
    if (fault.fall_back) fault.ranges_done = 0;
    if (fault.fall_back) fault.blocks_landed = 0;
    fault.source_fails = !fault.fall_back && random_.percent(30);
  }
  if (random_.percent(8)) {
    fault.zone_becomes = random_.percent(50) ? ZoneCondition::read_only : ZoneCondition::offline;
    fault.code = random_.percent(50) ? 0 : EIO;
  } else if (random_.percent(15)) {
    fault.foreign_blocks = random_.between(1, 4);
    fault.code = random_.percent(70) ? 0 : EIO;
  }
  return fault;
}

}  // namespace zonecopy::test
