#include "zonefs/core/late_truncate.h"

#include <algorithm>

namespace zonecopy::zonefs {

bool owes_truncation(const Volume& volume, FileNumber number) {
  const auto [first, last] = volume.owed_truncates.equal_range(number);
  return std::any_of(first, last, [](const auto& owing) { return owing.second->late_truncate == LateTruncate::owed; });
}

Status LateTruncates::owe(OpenFile& open_file) {
  const FileNumber number = open_file.file;
  if (!open_file.writable) return volume_.make_error(EBADF, "truncate later", number);
  if (!volume_.files[number].sequential || open_file.late_truncate == LateTruncate::owed) return {};
  AttributeChange change;
  change.size_bytes = 0;
  const Status allowed = attributes_.may_change(number, change, nullptr);
  if (!allowed) return allowed;
  attributes_.change_file(number, change);  // the times are those of the open
  if (volume_.files.size_bytes(number) == 0) return {};
  if (open_file.late_truncate == LateTruncate::none) volume_.owed_truncates.emplace(number, &open_file);
  open_file.late_truncate = LateTruncate::owed;
  volume_.tell_changed(number);
  return {};
}

void LateTruncates::keep_old(OpenFile& open_file) {
  if (open_file.late_truncate != LateTruncate::owed) return;
  open_file.late_truncate = LateTruncate::own_change_only;
  volume_.tell_changed(open_file.file);
}

bool LateTruncates::owed(FileNumber number, const OpenFile* open_file) const {
  if (none()) return false;  // nearly always
  if (open_file != nullptr && open_file->late_truncate != LateTruncate::none) return true;
  return owes_truncation(volume_, number);  // what is changed now comes after the truncation
}

Attributes LateTruncates::seen_by_others(FileNumber number, Attributes attributes) const {
  const auto [first, last] = volume_.owed_truncates.equal_range(number);
  attributes.passing = first != last;
  if (owed(number, nullptr)) attributes.size_bytes = 0;
  return attributes;
}

Task<Status> LateTruncates::pay(FileNumber number, OpenFile* open_file, std::int32_t pid, const CancelToken* cancel) {
  const GatePass pass(volume_.requests);
  KeyedLocks::Guard guard = co_await volume_.locks.exclusive(number, cancel);
  if (!guard) co_return volume_.make_error(EINTR, "truncate", number);
  if (!owed(number, open_file)) co_return Status();  // another request has paid meanwhile
  AttributeChange change;
  change.size_bytes = 0;
  const Status allowed = attributes_.may_change(number, change, open_file);
  if (!allowed) co_return allowed;
  const Status truncated = co_await truncater_.truncate(number, 0, nullptr, pid);
  if (!truncated) co_return truncated;
  settle(number);
  // The kernel did not ask for this and remembers the old size.
  volume_.tell_changed(number);
  co_return Status();
}

void LateTruncates::settle(FileNumber number) {
  const auto [first, last] = volume_.owed_truncates.equal_range(number);
  std::for_each(first, last, [](const auto& owing) { owing.second->late_truncate = LateTruncate::none; });
  volume_.owed_truncates.erase(first, last);
}

Task<void> LateTruncates::close(OpenFile& open_file) {
  const FileNumber number = open_file.file;
  if (open_file.late_truncate == LateTruncate::owed) {
    const Status paid = co_await pay(number, &open_file, 0, nullptr);
    if (!paid) volume_.log_error(paid.error());
  }
  const auto [first, last] = volume_.owed_truncates.equal_range(number);
  const auto mine = std::find_if(first, last, [&](const auto& owing) { return owing.second == &open_file; });
  if (mine != last) volume_.owed_truncates.erase(mine);
  open_file.late_truncate = LateTruncate::none;
}

}  // namespace zonecopy::zonefs
