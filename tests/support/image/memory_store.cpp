#include "tests/support/image/memory_store.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace zonecopy::test {

// ---- SparseFile

void SparseFile::write(std::span<const std::byte> data, std::uint64_t offset_bytes) {
  while (!data.empty()) {
    const std::uint64_t within = offset_bytes % block_bytes;
    const std::size_t part = std::min<std::uint64_t>(data.size(), block_bytes - within);
    Block& block = blocks.try_emplace(offset_bytes / block_bytes, Block{}).first->second;
    std::memcpy(block.data() + within, data.data(), part);
    data = data.subspan(part);
    offset_bytes += part;
  }
}

void SparseFile::punch(std::uint64_t offset_bytes, std::uint64_t length_bytes) {
  const std::uint64_t first = offset_bytes / block_bytes;
  const std::uint64_t end = (offset_bytes + length_bytes) / block_bytes;
  blocks.erase(blocks.lower_bound(first), blocks.lower_bound(end));
}

void SparseFile::read(std::span<std::byte> data, std::uint64_t offset_bytes) const {
  while (!data.empty()) {
    const std::uint64_t within = offset_bytes % block_bytes;
    const std::size_t part = std::min<std::uint64_t>(data.size(), block_bytes - within);
    const auto found = blocks.find(offset_bytes / block_bytes);
    if (found == blocks.end()) std::memset(data.data(), 0, part);
    else std::memcpy(data.data(), found->second.data() + within, part);
    data = data.subspan(part);
    offset_bytes += part;
  }
}

namespace {

void apply(SparseFile& file, const MemoryStore::Change& change) {
  switch (change.step) {
    case MemoryStore::Step::write:
    case MemoryStore::Step::table: file.write(change.data, change.offset_bytes); break;
    case MemoryStore::Step::copy:
      for (std::size_t at = 0; at < change.data.size(); at += SparseFile::block_bytes) {
        const std::span<const std::byte> block = std::span(change.data).subspan(at, SparseFile::block_bytes);
        const bool hole = std::all_of(block.begin(), block.end(), [](std::byte byte) { return byte == std::byte{0}; });
        if (!hole) file.write(block, change.offset_bytes + at);
      }
      break;
    case MemoryStore::Step::punch: file.punch(change.offset_bytes, change.length_bytes); break;
    case MemoryStore::Step::sync: break;
  }
}

std::vector<std::byte> copied(std::span<const std::byte> data) { return {data.begin(), data.end()}; }

}  // namespace

// ---- MemoryStore

int MemoryStore::take(Change change) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t number = steps_++;
  const int code = fault_ ? fault_(number, change.step) : 0;
  if (code != 0) {
    // Half of it may be there all the same.
    const std::size_t half = change.data.size() / 2 / SparseFile::block_bytes * SparseFile::block_bytes;
    if (change.step == Step::write && half != 0) {
      change.data.resize(half);
      apply(file_, change);
      changes_.push_back(std::move(change));
    }
    // As the kernel, which tells once what it could not write back, and forgets it.
    for (std::size_t i = synced_; change.step == Step::sync && i < changes_.size(); ++i) {
      changes_[i].dropped = changes_[i].step == Step::table;
    }
    return code;
  }
  if (change.step == Step::punch && punch_code_ != 0) return punch_code_;
  apply(file_, change);
  if (change.step == Step::sync) synced_ = changes_.size();
  changes_.push_back(std::move(change));
  return 0;
}

image::StoreOperation MemoryStore::read(std::span<std::byte> data, std::uint64_t offset_bytes) {
  return image::StoreOperation(read_task(0, data, offset_bytes));
}

image::StoreOperation MemoryStore::read_after(std::span<std::byte> before, std::uint64_t before_offset_bytes,
                                              std::span<std::byte> data, std::uint64_t offset_bytes) {
  const int code = read_now(before, before_offset_bytes) == 0 ? 0 : ECANCELED;
  return image::StoreOperation(read_task(code, data, offset_bytes));
}

image::StoreOperation MemoryStore::write(std::span<const std::byte> data, std::uint64_t offset_bytes) {
  return image::StoreOperation(write_task(Step::write, data, offset_bytes));
}

image::StoreOperation MemoryStore::write_table(std::span<const std::byte> data, std::uint64_t offset_bytes) {
  return image::StoreOperation(write_task(Step::table, data, offset_bytes));
}

Task<std::int32_t> MemoryStore::read_task(int code, std::span<std::byte> data, std::uint64_t offset_bytes) {
  if (code != 0) co_return -code;
  const std::lock_guard lock(mutex_);
  file_.read(data, offset_bytes);
  co_return static_cast<std::int32_t>(data.size());
}

Task<std::int32_t> MemoryStore::write_task(Step step, std::span<const std::byte> data, std::uint64_t offset_bytes) {
  // As a device that takes its time: other commands have a turn.
  co_await Yield();
  const int code = take(Change{step, offset_bytes, data.size(), copied(data)});
  co_return code == 0 ? static_cast<std::int32_t>(data.size()) : -code;
}

Task<int> MemoryStore::sync() {
  co_await Yield();
  co_return take(Change{Step::sync, 0, 0, {}});
}

Task<int> MemoryStore::punch(std::uint64_t offset_bytes, std::uint64_t length_bytes) {
  co_await Yield();
  co_return take(Change{Step::punch, offset_bytes, length_bytes, {}});
}

int MemoryStore::read_now(std::span<std::byte> data, std::uint64_t offset_bytes) {
  if (offset_bytes + data.size() > file_.size_bytes) return EIO;
  file_.read(data, offset_bytes);
  return 0;
}

int MemoryStore::write_table_now(std::span<const std::byte> data, std::uint64_t offset_bytes) {
  return take(Change{Step::table, offset_bytes, data.size(), copied(data)});
}

int MemoryStore::punch_now(std::uint64_t offset_bytes, std::uint64_t length_bytes) {
  return take(Change{Step::punch, offset_bytes, length_bytes, {}});
}

int MemoryStore::sync_now() { return take(Change{Step::sync, 0, 0, {}}); }

Result<std::uint64_t> MemoryStore::find(Seek what, std::uint64_t offset_bytes) {
  const std::lock_guard lock(mutex_);
  std::uint64_t block = offset_bytes / SparseFile::block_bytes;
  const std::uint64_t end = file_.size_bytes / SparseFile::block_bytes;
  while (block < end && file_.blocks.contains(block) != (what == Seek::data)) ++block;
  return block >= end ? file_.size_bytes : std::max(offset_bytes, block * SparseFile::block_bytes);
}

Task<image::ImageStore::Copied> MemoryStore::copy_from(ImageStore&, std::span<const SourceRange> ranges,
                                                       std::uint64_t destination_bytes, FileCopyAllowed,
                                                       const CancelToken*) {
  co_await Yield();
  Copied copied;
  FileCopyOutcome& outcome = copied.outcome;
  for (const auto& [offset_bytes, length_bytes] : ranges) {
    std::vector<std::byte> data(length_bytes);
    file_.read(data, offset_bytes);
    const std::uint64_t to_bytes = destination_bytes + outcome.bytes_copied;
    outcome.code = take(Change{Step::copy, to_bytes, length_bytes, std::move(data)});
    if (outcome.code != 0) break;
    outcome.bytes_copied += length_bytes;
  }
  copied.hole_bytes = find(Seek::hole, destination_bytes);
  co_return copied;
}

// ---- What is left

SparseFile after_kill(const MemoryStore& store, std::size_t count) {
  SparseFile file = store.first();
  for (std::size_t i = 0; i < count; ++i) apply(file, store.changes()[i]);
  return file;
}

/// What is on the media after a sync that is change number `count - 1`, or nothing.
SparseFile on_media(const MemoryStore& store, std::size_t count) {
  SparseFile file = store.first();
  for (std::size_t i = 0; i < count; ++i) {
    if (!store.changes()[i].dropped) apply(file, store.changes()[i]);
  }
  return file;
}

namespace {

bool changes_records(const SparseFile& file, const MemoryStore::Change& change) {
  if (change.step == MemoryStore::Step::punch) return true;
  const std::uint64_t first = change.offset_bytes / SparseFile::block_bytes;
  const std::uint64_t end =
      (change.offset_bytes + change.data.size() + SparseFile::block_bytes - 1) / SparseFile::block_bytes;
  for (std::uint64_t block = first; block < end; ++block) {
    if (!file.blocks.contains(block)) return true;
  }
  return false;
}

}  // namespace

SparseFile after_power_cut(const MemoryStore& store, std::size_t count, Random& random, std::uint64_t eighths_kept) {
  const std::vector<MemoryStore::Change>& changes = store.changes();
  std::size_t synced = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (changes[i].step == MemoryStore::Step::sync) synced = i + 1;
  }
  SparseFile file = on_media(store, synced);
  // The file system's records reach the media in their order: so far, and no further.
  bool records_go_on = true;
  SparseFile cache = file;
  for (std::size_t i = synced; i < count; ++i) {
    const bool record = changes_records(cache, changes[i]);
    apply(cache, changes[i]);
    bool kept = random.below(8) < eighths_kept;
    if (record) {
      records_go_on = records_go_on && kept;
      kept = records_go_on;
    } else if (!records_go_on) {
      // Over blocks that have not come to be it writes nothing.
      kept = kept && !changes_records(file, changes[i]);
    }
    if (kept && !changes[i].dropped) apply(file, changes[i]);
  }
  return file;
}

}  // namespace zonecopy::test
