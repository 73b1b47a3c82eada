// Two folders of mounts, with zone files.
#pragma once

#include <memory>
#include <string>

#include "tools/clone/pair.h"
#include "zonecopy/event_loop.h"

namespace zonecopy::cloning {

/// All that it does blocks, and goes to worker threads of the loop.
class FolderPair final : public Pair {
 public:
  /// Blocks. EINVAL: both are the same folder, or one is none of a mount. `loop` and `watch` must outlive it.
  static Result<std::unique_ptr<FolderPair>> open(EventLoop& loop, const std::string& source,
                                                  const std::string& destination, const Watch& watch);
  FolderPair(EventLoop& loop, Side source, Side destination, const Watch& watch);
  /// How many zones of the destination may be written at once, which the folder does not tell.
  void set_limits(const ResourceLimits& limits) { destination_.limits = limits; }

  Task<Status> load() override;
  [[nodiscard]] std::uint64_t read_max_bytes() const override;
  Task<Status> read_source(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) override;
  Task<Status> read_destination(std::size_t zone, std::uint64_t offset_bytes, std::span<std::byte> data) override;
  Task<Result<std::uint64_t>> destination_end(std::size_t zone) override;
  Status make_writable() override;
  Task<Copied> copy(const ZoneTask& task, ByteRange range) override;
  Task<Status> reset(std::size_t zone) override;
  Task<Status> finish(std::size_t zone) override;
  Task<Status> close(std::size_t zone) override;
  Task<Status> flush() override;

 private:
  [[nodiscard]] std::string source_path(std::size_t zone) const;
  [[nodiscard]] std::string destination_path(std::size_t zone) const;
  Task<Status> read(std::string path, std::uint64_t offset_bytes, std::span<std::byte> data);
  Task<Status> truncate(std::size_t zone, std::uint64_t size_bytes);

  EventLoop& loop_;
  const Watch& watch_;
};

}  // namespace zonecopy::cloning
