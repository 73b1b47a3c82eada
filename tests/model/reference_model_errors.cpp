// The part of the model about what follows from a failing device: section 5.
#include <algorithm>
#include <cstring>
#include <utility>

#include "tests/model/reference_model.h"

namespace zonecopy::test {

using zonefs::ErrorsPolicy;

/// 5.1
void ReferenceModel::handle_io_error(ModelFile& file, bool write, const DeviceSays& says) {
  if (!file.sequential) {
    if (!file.bad() && !write) return;
    apply_policy(file, file.capacity_bytes, file.capacity_bytes, says.only_temporary());
    return;
  }
  if (says.failure({Command::report}, file.first_zone, 1) != nullptr) {
    read_only_ = true;
    return;
  }
  const Zone& zone = device_->zones()[file.first_zone].zone;
  const std::uint64_t device_bytes = device_->written_blocks(file.first_zone) * block_size_bytes_;
  std::uint64_t readable = device_bytes;
  if (zone.condition == ZoneCondition::offline) {
    file.offline = true;
    readable = 0;
  } else if (zone.condition == ZoneCondition::read_only) {
    file.read_only = true;
  }
  if (!file.bad() && !write && file.size_bytes == readable) return;
  apply_policy(file, readable, device_bytes, says.only_temporary());
}

/// 5.1, steps 5 to 8. What is temporary is no fault of the media, except for zonefs and so under strict.
void ReferenceModel::apply_policy(ModelFile& file, std::uint64_t readable_bytes, std::uint64_t device_bytes,
                                  bool temporary) {
  const ErrorsPolicy policy = temporary && !options_.strict ? ErrorsPolicy::repair : options_.errors;
  if (file.offline || policy == ErrorsPolicy::zone_offline) {
    file.offline = true;
    file.permissions &= ~0777U;
    readable_bytes = 0;
  } else if (file.read_only || policy == ErrorsPolicy::zone_ro) {
    file.read_only = true;
    file.permissions &= ~0222U;
    if (rules_.zone_ro_keeps_size) readable_bytes = file.size_bytes;
  } else if (policy == ErrorsPolicy::remount_ro) {
    readable_bytes = std::min(readable_bytes, file.size_bytes);
  }
  if (file.bad()) file.opened_zone = false;
  if (policy == ErrorsPolicy::remount_ro && rules_.error_makes_read_only) read_only_ = true;
  const std::uint64_t known = std::min(file.size_bytes, device_bytes);
  resize(file, readable_bytes);
  // What is in blocks that no acknowledged write has put there is the device's to say.
  if (readable_bytes > known) adopt(file, known, readable_bytes);
}

void ReferenceModel::adopt(ModelFile& file, std::uint64_t first_byte, std::uint64_t end_byte) {
  const std::uint64_t first_block = first_byte / block_size_bytes_;
  const std::uint64_t end_block = (end_byte + block_size_bytes_ - 1) / block_size_bytes_;
  const Lba lba = device_->info().zone_start(file.first_zone) + first_block;
  const std::vector<std::byte> bytes = device_->bytes(lba, end_block - first_block);
  const std::uint64_t lead = first_byte - first_block * block_size_bytes_;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(lead), end_byte - first_byte,
              file.content.begin() + static_cast<std::ptrdiff_t>(first_byte));
}

void ReferenceModel::put(ModelFile& file, std::uint64_t position, std::span<const std::byte> data) {
  if (data.empty()) return;
  std::memcpy(file.content.data() + position, data.data(), data.size());
  if (file.sequential) lengthen(file, position + data.size());
  else if (file.emptied_to_bytes) file.emptied_to_bytes = std::max(*file.emptied_to_bytes, position + data.size());
}

/// The data of a sequential file ends further behind. Whole blocks are on the zone.
void ReferenceModel::lengthen(ModelFile& file, std::uint64_t data_end_bytes) {
  const std::uint64_t length_bytes = std::max(file.length_bytes(), data_end_bytes);
  file.written = true;
  file.tail_bytes = data_end_bytes % block_size_bytes_;
  grow(file, data_end_bytes - file.tail_bytes);
  file.zeros_bytes = length_bytes - data_end_bytes;
}

/// What a write leaves out in front of it is zeros: of a sequential file always, of a conventional one if it was
/// truncated to 0.
void ReferenceModel::fill_gap(ModelFile& file, std::uint64_t position) {
  const std::uint64_t from = file.sequential ? file.data_end_bytes() : file.emptied_to_bytes.value_or(position);
  if (from >= position || !(file.sequential || rules_.emptied_gap_is_filled)) return;
  const std::vector<std::byte> zeros(position - from);
  put(file, from, zeros);
}

/// fsync, or the last close: what fills blocks goes to the zone, and with tail=pad the rest as well.
void ReferenceModel::settle(ModelFile& file) {
  const std::uint64_t zeros_bytes = std::exchange(file.zeros_bytes, 0);
  lengthen(file, file.data_end_bytes() + zeros_bytes);
  if (file.tail_bytes == 0 || options_.tail == zonefs::TailPolicy::refuse) return;
  lengthen(file, file.size_bytes + block_size_bytes_);
}

void ReferenceModel::grow(ModelFile& file, std::uint64_t size_bytes) {
  resize(file, std::max(file.size_bytes, size_bytes));
}

void ReferenceModel::resize(ModelFile& file, std::uint64_t size_bytes) {
  if (size_bytes < file.size_bytes && file.sequential) {
    std::fill(file.content.begin() + static_cast<std::ptrdiff_t>(size_bytes), file.content.end(), std::byte{0});
  }
  file.size_bytes = size_bytes;
  // 3: a full zone is no longer open.
  if (file.sequential && file.size_bytes == file.capacity_bytes) file.opened_zone = false;
}

void ReferenceModel::drop_end(ModelFile& file) {
  const std::uint64_t tail_bytes = std::exchange(file.tail_bytes, 0);
  std::fill_n(file.content.begin() + static_cast<std::ptrdiff_t>(file.size_bytes), tail_bytes, std::byte{0});
  file.zeros_bytes = 0;
}

}  // namespace zonecopy::test
