#include "examples/log_store/mover.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "zonecopy/buffer.h"
#include "zonecopy/gather.h"

namespace log_store {

using zonecopy::Error;
using zonecopy::Result;
using zonecopy::Status;

namespace {

Error move_error(int code, const ZoneFile& destination, std::string detail = {}) {
  return Error(code, "move records", std::move(detail)).on_device(destination.path());
}

/// What this example is about. On zonecopyfs the library asks the mount for it, by few calls; elsewhere it does what the other
/// two movers do.
class GatherMover final : public Mover {
 public:
  explicit GatherMover(std::unique_ptr<zonecopy::Gatherer> gatherer) : gatherer_(std::move(gatherer)) {}

  Status move(ZoneFile& source, std::span<const Range> ranges, ZoneFile& destination) override {
    const auto descriptor = destination.write_descriptor();
    if (!descriptor) return descriptor.error();
    const auto from = gatherer_->use_descriptor(source.read_descriptor());
    if (!from) return from.error();
    const auto to = gatherer_->use_descriptor(*descriptor);
    if (!to) return to.error();

    std::vector<zonecopy::GatherRange> parts;
    for (const Range& range : ranges) parts.push_back({*from, range.offset_bytes, range.length_bytes});
    // The offset says where the zone has to end: nothing is copied if another program has written it.
    const zonecopy::GatherDestination end{*to, destination.size_bytes()};
    zonecopy::GatherOptions options;
    options.background = true;  // puts go first
    const auto reports = gatherer_->gather(parts, std::span(&end, 1), options);
    if (!reports) return reports.error();
    const zonecopy::GatherReport& report = reports->front();
    return report.error ? Status(*report.error) : Status();
  }

 private:
  std::unique_ptr<zonecopy::Gatherer> gatherer_;
};

class CopyFileRangeMover final : public Mover {
 public:
  Status move(ZoneFile& source, std::span<const Range> ranges, ZoneFile& destination) override {
    const auto descriptor = destination.write_descriptor();
    if (!descriptor) return descriptor.error();
    auto to = static_cast<off_t>(destination.size_bytes());
    for (const Range& range : ranges) {
      auto from = static_cast<off_t>(range.offset_bytes);
      const auto end = static_cast<off_t>(range.offset_bytes + range.length_bytes);
      while (from < end) {  // the call moves both offsets on, and may copy less than it is asked to
        const ssize_t copied = ::copy_file_range(source.read_descriptor(), &from, *descriptor, &to,
                                                 static_cast<std::size_t>(end - from), 0);
        if (copied < 0) return move_error(errno, destination);
        if (copied == 0) return move_error(EIO, destination, "the source is shorter than its records");
      }
    }
    return {};
  }
};

/// Reads ranges into a buffer, and writes it when it is full: many small reads, but few writes.
class ReadWriteMover final : public Mover {
 public:
  Status move(ZoneFile& source, std::span<const Range> ranges, ZoneFile& destination) override {
    const auto descriptor = destination.write_descriptor();
    if (!descriptor) return descriptor.error();
    std::uint64_t to_bytes = destination.size_bytes();
    std::size_t filled_bytes = 0;
    for (Range range : ranges) {
      while (range.length_bytes > 0) {
        const std::size_t count = std::min<std::uint64_t>(range.length_bytes, buffer_.size() - filled_bytes);
        if (Status read = source.read(range.offset_bytes, buffer_.span().subspan(filled_bytes, count)); !read)
          return read;
        range.offset_bytes += count;
        range.length_bytes -= count;
        filled_bytes += count;
        if (filled_bytes < buffer_.size()) continue;
        if (Status written = write(*descriptor, destination, filled_bytes, to_bytes); !written) return written;
        filled_bytes = 0;
      }
    }
    return filled_bytes == 0 ? Status() : write(*descriptor, destination, filled_bytes, to_bytes);
  }

 private:
  Status write(int descriptor, const ZoneFile& destination, std::size_t length_bytes, std::uint64_t& to_bytes) const {
    const ssize_t written = ::pwrite(descriptor, buffer_.data(), length_bytes, static_cast<off_t>(to_bytes));
    if (written < 0) return move_error(errno, destination);
    if (static_cast<std::size_t>(written) != length_bytes) return move_error(EIO, destination, "a part was written");
    to_bytes += length_bytes;
    return {};
  }

  zonecopy::Buffer buffer_{1U << 20};
};

}  // namespace

std::optional<Way> parse_way(std::string_view word) {
  if (word == "gather") return Way::gather;
  if (word == "copy_file_range") return Way::copy_file_range;
  if (word == "read-write") return Way::read_write;
  return std::nullopt;
}

Result<std::unique_ptr<Mover>> Mover::create(Way way) {
  switch (way) {
    case Way::gather: {
      auto gatherer = zonecopy::Gatherer::create();
      if (!gatherer) return gatherer.error();
      return std::unique_ptr<Mover>(std::make_unique<GatherMover>(std::move(*gatherer)));
    }
    case Way::copy_file_range: return std::unique_ptr<Mover>(std::make_unique<CopyFileRangeMover>());
    case Way::read_write: return std::unique_ptr<Mover>(std::make_unique<ReadWriteMover>());
  }
  return Error(EINVAL, "move records", "no such way");
}

}  // namespace log_store
