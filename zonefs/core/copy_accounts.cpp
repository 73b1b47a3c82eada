#include "zonefs/core/copy_accounts.h"

#include <algorithm>

namespace zonecopy::zonefs {

void CopyAccounts::count(const CopyDone& done, CopyTally* tally) {
  const auto add = [&done](auto& counters) {
    counters.bytes_offloaded += done.bytes_offloaded;
    counters.bytes_kernel += done.bytes_kernel;
    counters.bytes_emulated += done.bytes_emulated;
  };
  const std::string& reason = done.not_offloaded_because;
  add(counters_);
  if (tally != nullptr) {
    add(*tally);
    if (!reason.empty()) tally->not_offloaded_because = reason;
  }
  if (done.bytes_emulated > 0) {
    ++counters_.copies_emulated;
  } else if (done.bytes_kernel > 0) {
    ++counters_.copies_kernel;
  } else if (done.bytes_offloaded > 0) {
    ++counters_.copies_offloaded;
  }
  if (!reason.empty()) note_reason(reason);
}

void CopyAccounts::count_from(const Volume& source, const CopyReport& report, std::uint64_t loose_bytes) {
  const std::uint64_t block_size_bytes = volume_.files.block_size_bytes();
  BytesFrom& bytes = from_[&source];
  bytes.offloaded += report.blocks_offloaded * block_size_bytes;
  bytes.kernel += report.blocks_kernel * block_size_bytes;
  bytes.emulated += report.blocks_emulated * block_size_bytes + loose_bytes;
}

std::vector<BytesFrom> CopyAccounts::bytes_from() const {
  std::vector<BytesFrom> all;
  for (const auto& [source, bytes] : from_) {
    if (source->name.empty()) continue;
    all.push_back(bytes);
    all.back().device = source->name;
  }
  std::ranges::sort(all, {}, &BytesFrom::device);
  return all;
}

void CopyAccounts::note_reason(const std::string& reason) {
  constexpr std::size_t reasons_max = 64;
  if (told_.size() < reasons_max && told_.insert(reason).second) {
    volume_.log.write(Severity::info, "copy not offloaded: " + reason);
  }
  counters_.last_fallback = reason;
}

}  // namespace zonecopy::zonefs
