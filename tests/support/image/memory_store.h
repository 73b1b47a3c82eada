// The file of an image in memory: fails when it is told to, and can be looked at as a killed process or a power cut
// between any two of its operations would leave it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "src/device/image/image_store.h"
#include "tests/support/random.h"

namespace zonecopy::test {

/// A sparse file: what is not in the map is a hole.
struct SparseFile {
  static constexpr std::uint64_t block_bytes = 4096;
  using Block = std::array<std::byte, block_bytes>;
  std::map<std::uint64_t, Block> blocks;
  std::uint64_t size_bytes = 0;

  void write(std::span<const std::byte> data, std::uint64_t offset_bytes);
  void punch(std::uint64_t offset_bytes, std::uint64_t length_bytes);
  void read(std::span<std::byte> data, std::uint64_t offset_bytes) const;
};

class MemoryStore final : public image::ImageStore {
 public:
  /// One thing that changes the file, or makes it durable.
  enum class Step : std::uint8_t { write, table, punch, sync, copy };
  struct Change {
    Step step = Step::write;
    std::uint64_t offset_bytes = 0;
    std::uint64_t length_bytes = 0;
    std::vector<std::byte> data;  ///< of a write, to the table too, and of a copy
    bool dropped = false;         ///< by a sync that failed: no later one makes it durable
  };
  /// The errno with which step `number`, counted from 0, fails; 0 lets it be.
  using Fault = std::function<int(std::uint64_t number, Step step)>;

  explicit MemoryStore(SparseFile file) : file_(std::move(file)), first_(file_) {}

  void fail(Fault fault) { fault_ = std::move(fault); }
  /// Steps carried out or failed so far.
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }
  [[nodiscard]] const SparseFile& file() const { return file_; }
  [[nodiscard]] const SparseFile& first() const { return first_; }
  void cannot_punch(int code) { punch_code_ = code; }

  image::StoreOperation read(std::span<std::byte> data, std::uint64_t offset_bytes) override;
  image::StoreOperation read_after(std::span<std::byte> before, std::uint64_t before_offset_bytes,
                                   std::span<std::byte> data, std::uint64_t offset_bytes) override;
  image::StoreOperation write(std::span<const std::byte> data, std::uint64_t offset_bytes) override;
  image::StoreOperation write_table(std::span<const std::byte> data, std::uint64_t offset_bytes) override;
  Task<int> sync() override;
  Task<int> punch(std::uint64_t offset_bytes, std::uint64_t length_bytes) override;
  int read_now(std::span<std::byte> data, std::uint64_t offset_bytes) override;
  int write_table_now(std::span<const std::byte> data, std::uint64_t offset_bytes) override;
  int punch_now(std::uint64_t offset_bytes, std::uint64_t length_bytes) override;
  int sync_now() override;
  Result<std::uint64_t> find(Seek what, std::uint64_t offset_bytes) override;
  [[nodiscard]] FileCopyMechanism copy_mechanism() const override { return FileCopyMechanism::reflink; }
  [[nodiscard]] bool can_copy_from(const ImageStore& source) const override { return &source == this; }
  Task<Copied> copy_from(ImageStore& source, std::span<const SourceRange> ranges, std::uint64_t destination_bytes,
                         FileCopyAllowed allowed, const CancelToken* cancel) override;
  bool use_reserve() override { return reserve_used_ ? false : (reserve_used_ = true); }
  void refill_reserve() override { reserve_used_ = false; }
  Status make_writable() override { return {}; }

 private:
  Task<std::int32_t> read_task(int code, std::span<std::byte> data, std::uint64_t offset_bytes);
  Task<std::int32_t> write_task(Step step, std::span<const std::byte> data, std::uint64_t offset_bytes);
  int take(Change change);

  std::mutex mutex_;  ///< `find` is called on another thread
  SparseFile file_;
  SparseFile first_;  ///< as it was in the beginning, all of it durable
  std::vector<Change> changes_;
  std::uint64_t steps_ = 0;
  std::size_t synced_ = 0;  ///< number of changes that the last sync has covered
  Fault fault_;
  int punch_code_ = 0;
  bool reserve_used_ = false;
};

/// The file as the first `count` changes leave it for who opens it next: after a kill.
SparseFile after_kill(const MemoryStore& store, std::size_t count);

/// The same after a power cut: all up to the last sync is there, and of what came later some changes are, or some
/// blocks of them. A change of the file system's own records (a hole, new blocks) is not there unless those before it
/// are. `choose` decides for each (p of 8).
SparseFile after_power_cut(const MemoryStore& store, std::size_t count, Random& random, std::uint64_t eighths_kept);

}  // namespace zonecopy::test
