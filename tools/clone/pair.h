// The two sides of a clone, of one kind, and what is done to them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tools/clone/zones.h"
#include "zonecopy/result.h"
#include "zonecopy/task.h"

namespace zonecopy::cloning {

/// Who is told how far a copy is, and who may end it. Both must outlive the clone.
struct Watch {
  std::function<void(std::string_view phase, std::uint64_t total_bytes)> begin;
  std::function<void(std::uint64_t bytes)> copied;  ///< or compared: so many more; on any thread
  const std::atomic<bool>* stop = nullptr;          ///< set: the work ends soon, with EINTR
  [[nodiscard]] bool stopped() const { return stop->load(); }
};

/// What copies have done, by CopyPath.
struct Copied {
  std::uint64_t bytes_offloaded = 0;
  std::uint64_t bytes_kernel = 0;
  std::uint64_t bytes_emulated = 0;
  std::uint64_t commands = 0;
  std::string not_offloaded_because;  ///< the first reason; empty if all was offloaded
  std::optional<Error> error;
  [[nodiscard]] std::uint64_t bytes() const { return bytes_offloaded + bytes_kernel + bytes_emulated; }
  /// Adds the numbers of another one; the first reason and the first error stay.
  void add(const Copied& other);
};

/// Zones are given by their place in Side::zones. All members are called on the thread of an event loop; offsets are
/// bytes from the start of the zone, and multiples of the block size where the zone is not a file.
class Pair {
 public:
  virtual ~Pair() = default;
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  /// The zones as they are now.
  virtual Task<Status> load() = 0;
  [[nodiscard]] const Side& source() const { return source_; }
  [[nodiscard]] const Side& destination() const { return destination_; }
  /// Where the data of a full zone ends: behind that are zeros only, which finishing makes anew.
  void set_source_end(std::size_t zone, std::uint64_t end_bytes) { source_.zones[zone].size_bytes = end_bytes; }

  /// The longest read.
  [[nodiscard]] virtual std::uint64_t read_max_bytes() const = 0;
  virtual Task<Status> read_source(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) = 0;
  virtual Task<Status> read_destination(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) = 0;
  /// Where the data of a sequential destination zone ends now; its capacity where it is full.
  virtual Task<Result<std::uint64_t>> destination_end(std::size_t zone) = 0;

  /// To be called before the destination is changed; until then it is open for reading only, so that what is refused
  /// leaves no trace. Blocks for some system calls.
  virtual Status make_writable() = 0;
  /// The bytes of `range`, by the best way there is.
  virtual Task<Copied> copy(const ZoneTask& task, ByteRange range) = 0;
  // Of zones of the destination:
  virtual Task<Status> reset(std::size_t zone) = 0;
  virtual Task<Status> finish(std::size_t zone) = 0;
  /// Closes it, if it is open.
  virtual Task<Status> close(std::size_t zone) = 0;
  /// All that was done to the destination is durable.
  virtual Task<Status> flush() = 0;

 protected:
  Pair() = default;
  Side source_;
  Side destination_;
};

}  // namespace zonecopy::cloning
