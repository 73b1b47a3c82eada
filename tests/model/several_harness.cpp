#include "tests/model/several_harness.h"

#include <algorithm>

namespace zonecopy::test {

SeveralSpec make_several(std::uint64_t seed, std::size_t count, zonefs::ErrorsPolicy errors, bool with_faults) {
  Random random(seed ^ 0x7365766572616cU);
  SeveralSpec spec;
  spec.seed = seed;
  const bool across = random.percent(70);
  for (std::size_t i = 0; i < count; ++i) {
    HarnessSpec one = make_spec(seed * 16 + i, errors, random.percent(20), with_faults && i == seed % count);
    one.device.path = "sim" + std::to_string(i);
    one.device.copies_across_devices = across;
    one.options.strict = i == 0 ? one.options.strict : spec.devices.front().options.strict;
    if (i > 0 && random.percent(65)) {
      const std::uint32_t block_size_bytes = spec.devices.front().device.block_size_bytes;
      one.device.block_size_bytes = block_size_bytes;
      one.device.max_append_bytes = std::min(one.device.max_transfer_bytes, 4 * block_size_bytes);
      one.options.copy.transfer_bytes = static_cast<std::uint32_t>(random.between(1, 8)) * block_size_bytes;
    }
    spec.devices.push_back(std::move(one));
  }
  return spec;
}

SeveralHarness::SeveralHarness(EventLoop& loop, const SeveralSpec& spec)
    : loop_(loop), random_(spec.seed ^ 0x6163726f7373U) {
  for (const HarnessSpec& device : spec.devices) devices_.push_back(std::make_unique<Harness>(loop, device));
  name_devices();
}

void SeveralHarness::name_devices() {
  for (std::size_t i = 0; i < devices_.size(); ++i) devices_[i]->file_system().volume().name = name_of(i);
}

SeveralHarness::Difference SeveralHarness::run(std::uint64_t operations) {
  for (std::uint64_t number = 1; number <= operations; ++number) {
    if (Difference difference = step()) return difference;
    if (number % 40 != 0 && number != operations) continue;
    for (const auto& device : devices_) {
      if (Difference difference = device->compare_content()) return difference;
    }
  }
  return std::nullopt;
}

SeveralHarness::Difference SeveralHarness::step() {
  begin();
  const std::uint64_t drawn = random_.below(100);
  if (drawn < 25) return copy();
  if (drawn < 45) return gather();
  const std::size_t device = random_.below(devices_.size());
  Operation operation = devices_[device]->next_operation();
  if (operation.action == Action::mount_again) return mount_all_again(operation);
  return alone(device, std::move(operation));
}

/// An operation of one device: no other gets a command.
SeveralHarness::Difference SeveralHarness::alone(std::size_t device, Operation operation) {
  remember(name_of(device) + ": " + describe(operation));
  if (Difference difference = devices_[device]->perform(operation)) return difference;
  std::vector<bool> involved(devices_.size());
  involved[device] = true;
  return compare_quiet(involved);
}

/// The devices of a mount are mounted together.
SeveralHarness::Difference SeveralHarness::mount_all_again(const Operation& operation) {
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    Operation again = operation;
    again.options = devices_[i]->model().options();
    again.options.read_only = false;
    again.options.copy.mode = operation.options.copy.mode;
    remember(name_of(i) + ": " + describe(again));
    if (Difference difference = devices_[i]->perform(again)) return difference;
  }
  name_devices();
  return std::nullopt;
}

SeveralHarness::Difference SeveralHarness::copy() {
  Asked asked;
  asked.to = random_.below(devices_.size());
  const std::size_t from = (asked.to + 1 + random_.below(devices_.size() - 1)) % devices_.size();
  asked.destination = random_.below(devices_[asked.to]->model().files().size());
  asked.pieces.push_back(Place{from, 0, 0, 0});
  const bool whole_blocks = whole_blocks_only(asked) || random_.percent(60);
  choose_destination(asked, whole_blocks);
  if (!asked.offset_bytes) asked.offset_bytes = devices_[asked.to]->model().file(asked.destination).data_end_bytes();
  asked.pieces[0] = choose_piece(from, whole_blocks, devices_[asked.to]->model().block_size_bytes());
  const Place& piece = asked.pieces[0];
  remember("copy", asked);
  choose_faults(asked);

  zonefs::CopyRequest request;
  request.source = static_cast<zonefs::FileNumber>(piece.file);
  request.source_volume = &devices_[from]->file_system().volume();
  request.source_offset_bytes = piece.offset_bytes;
  request.destination = static_cast<zonefs::FileNumber>(asked.destination);
  request.destination_offset_bytes = *asked.offset_bytes;
  request.length_bytes = piece.length_bytes;
  zonefs::FileSystem& files = devices_[asked.to]->file_system();
  const zonefs::Counters counters = files.counters();
  const std::vector<zonefs::BytesFrom> bytes_from = files.bytes_from();
  const Models before = models();
  const auto result = loop_.run(files.copy_range(request, nullptr));
  const Actual actual{result.ok() ? 0 : result.error().code(), result.ok() ? *result : 0, 0, {}};
  const ModelCopy modelled{piece.file, piece.offset_bytes, asked.destination, *asked.offset_bytes, piece.length_bytes};
  const Apply apply = [&](Models& all, const std::vector<DeviceSays>& says, Choice choice) {
    return GatherOutcome{all[asked.to].copy_from(all[from], says[from], modelled, says[asked.to], choice), 0};
  };
  if (Difference difference = settle(asked, actual, apply)) return difference;
  return compare_counters(asked, actual, before, counters, bytes_from);
}

SeveralHarness::Difference SeveralHarness::gather() {
  Asked asked;
  asked.to = random_.below(devices_.size());
  Harness& to = *devices_[asked.to];
  zonefs::OpenFile* const through = to.open_for_writing(random_);
  const bool emptied = through != nullptr && to.model().file(through->file).emptied_to_bytes;
  if (through == nullptr || emptied) {  // whose gaps are filled with zeros is for copies through one open to show
    Operation open;
    open.action = Action::open_to_write;
    open.file = random_.below(to.model().files().size());
    return alone(asked.to, open);
  }
  asked.destination = through->file;
  asked.pieces.resize(random_.between(1, 6));
  for (Place& piece : asked.pieces) piece.device = random_.below(devices_.size());
  const bool whole_blocks = whole_blocks_only(asked) || random_.percent(70);
  choose_destination(asked, whole_blocks);
  for (Place& piece : asked.pieces) piece = choose_piece(piece.device, whole_blocks, to.model().block_size_bytes());
  asked.only_offload = random_.percent(10);
  asked.background = random_.percent(25);
  remember("gather", asked);
  choose_faults(asked);

  zonefs::GatherRequest request;
  for (const Place& piece : asked.pieces) {
    zonefs::Volume* const volume = &devices_[piece.device]->file_system().volume();
    request.pieces.push_back(
        zonefs::CopyPiece{static_cast<zonefs::FileNumber>(piece.file), piece.offset_bytes, piece.length_bytes, volume});
  }
  request.destination = static_cast<zonefs::FileNumber>(asked.destination);
  request.offset_bytes = asked.offset_bytes;
  request.only_offload = asked.only_offload;
  request.background = asked.background;
  request.through = through;
  zonefs::FileSystem& files = to.file_system();
  const zonefs::Counters counters = files.counters();
  const std::vector<zonefs::BytesFrom> bytes_from = files.bytes_from();
  const Models before = models();
  const zonefs::GatherAnswer answer = loop_.run(files.gather(std::move(request), nullptr));
  const Actual actual{answer.code, answer.done.bytes, answer.failed, answer.done.not_offloaded_because};
  const Apply apply = [&](Models& all, const std::vector<DeviceSays>& says, Choice choice) {
    ModelGather modelled;
    for (const Place& piece : asked.pieces) {
      modelled.pieces.push_back(
          ModelPiece{&all[piece.device], &says[piece.device], piece.file, piece.offset_bytes, piece.length_bytes});
    }
    modelled.destination = asked.destination;
    modelled.offset_bytes = asked.offset_bytes;
    modelled.only_offload = asked.only_offload;
    return all[asked.to].gather(modelled, says[asked.to], choice);
  };
  if (Difference difference = settle(asked, actual, apply)) return difference;
  return compare_counters(asked, actual, before, counters, bytes_from);
}

std::vector<DeviceSays> SeveralHarness::all_say() const {
  std::vector<DeviceSays> says;
  for (const auto& device : devices_) says.push_back(device->device_says());
  return says;
}

SeveralHarness::Models SeveralHarness::models() const {
  Models all;
  for (const auto& device : devices_) all.push_back(device->model());
  return all;
}

void SeveralHarness::begin() {
  for (const auto& device : devices_) device->begin();
}

void SeveralHarness::remember(std::string line) {
  history_.push_back("#" + std::to_string(performed_++) + " " + std::move(line));
  if (history_.size() > 60) history_.pop_front();
}

void SeveralHarness::remember(const char* what, const Asked& asked) {
  std::string line = std::string(what) + " to " + name_of(asked.to) + " file " + std::to_string(asked.destination);
  if (asked.offset_bytes) line += " offset " + std::to_string(*asked.offset_bytes);
  if (asked.only_offload) line += " only offload";
  if (asked.background) line += " in the background";
  line += " from";
  for (const Place& piece : asked.pieces) {
    line += " <" + name_of(piece.device) + " file " + std::to_string(piece.file) + " " +
            std::to_string(piece.offset_bytes) + "+" + std::to_string(piece.length_bytes) + ">";
  }
  remember(std::move(line));
}

std::string SeveralHarness::history() const {
  std::string text;
  for (const std::string& line : history_) text += line + "\n";
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    for (const CommandRecord& record : devices_[i]->device().log()) text += name_of(i) + ": " + describe(record) + "\n";
  }
  return text;
}

}  // namespace zonecopy::test
