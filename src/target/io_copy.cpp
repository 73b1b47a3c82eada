// Copy: the ranges of all its parts, one part after the other, by the copy engine.
//
// All that can be checked is checked before any data is copied, so that a command that is wrong leaves nothing half-done.
// Whether the zone takes a write at SDLBA is for the device to say: it does so at the first block.
#include <algorithm>

#include "src/nvme/copy_format.h"
#include "src/nvme/io_command.h"
#include "src/target/copy_parts.h"
#include "src/target/outcome.h"

namespace zonecopy::target {
/// Whether the source's device shares extents with this one, or this one copies from it by itself, and may.
bool Namespace::moves_no_data(const ZonedDevice& source) const {
  return !emulate_copies_ && device_->copy_route(source).path == CopyPath::offloaded;
}

Task<Outcome> Namespace::copy(IoRequest request) {
  const nvme::CopyHeader fields = nvme::decode_copy(request.command);
  if ((request.copy_formats >> fields.format & 1U) == 0) co_return refused(nvme::status::invalid_field);
  const std::vector<nvme::CopySource> ranges = nvme::decode_copy_sources(request.data);
  const auto made = make_copy_parts(*this, fields, ranges, request.peers);
  if (const auto* const wrong = std::get_if<nvme::StatusCode>(&made)) co_return refused(*wrong);
  const auto& parts = std::get<std::vector<CopyPart>>(made);
  if (!in_one_zone(fields.destination_lba, blocks_of(parts))) co_return refused(nvme::status::zone_boundary);
  for (const CopyPart& part : parts) {
    const bool can = !part.fast_copy_only || moves_no_data(part.source->device());
    if (!can) co_return refused(nvme::status::fast_copy_not_possible);
  }
  const ZoneIndex zone = zone_of(fields.destination_lba);
  KeyedLocks::Guard turn = co_await order_.write(zone, request.cancel);
  if (!turn) co_return aborted();
  const Status in_place = co_await begin_at(fields.destination_lba);
  if (!in_place) co_return failed(in_place.error(), nvme::MediaAccess::write);
  note_attempt(zone, request.controller);
  Outcome outcome = co_await copy_parts(parts, fields.destination_lba, request.cancel);
  const bool ended_well = outcome.status == nvme::status::success;
  if (ended_well) {
    end_at(zone, fields.destination_lba + blocks_of(parts));
    note_user(zone, request.controller);
  }
  turn.release();
  ++copies_.commands;
  copies_.ranges += ranges.size();
  if (!ended_well) ++copies_.failed;
  outcome = co_await made_durable(std::move(outcome), fields.force_unit_access && ended_well);
  co_return outcome;
}

Task<Outcome> Namespace::copy_parts(const std::vector<CopyPart>& parts, Lba destination_lba,
                                    const CancelToken* cancel) {
  std::uint64_t done_blocks = 0;  // of all parts
  for (const CopyPart& part : parts) {
    CopyOptions options;
    if (emulate_copies_) options.mode = CopyMode::emulate;
    if (part.fast_copy_only) options.mode = CopyMode::offload;
    options.buffers = &buffers_;
    CopyJob job{part.extents, Destination{destination_lba + done_blocks, total_blocks(part.extents)}};
    CopyReport report =
        co_await zonecopy::copy(loop_, part.source->device(), *device_, std::move(job), options, cancel);
    count(report);
    done_blocks += report.blocks();
    if (!report.error) continue;
    const Extent rest{destination_lba + done_blocks, blocks_of(parts) - done_blocks};
    Outcome outcome = co_await failed_copy(part, std::move(*report.error), rest);
    outcome.result = whole_ranges(parts, done_blocks);
    co_return outcome;
  }
  co_return Outcome();
}

/// What is told of a copy of which `rest`, a part of the destination, is not known to be copied.
Task<Outcome> Namespace::failed_copy(const CopyPart& part, Error error, Extent rest) {
  if (error.code() == EINTR) co_return aborted();
  if (error.copy_side() == CopySide::source) {
    const Lba failed_lba = error.lba().value_or(part.extents.front().start_lba);
    const Outcome outcome = co_await part.source->failed_read(std::move(error), failed_lba);
    co_return outcome;
  }
  const bool could_not = !error.copy_side() && part.fast_copy_only && error.code() == EIO;
  if (could_not) co_return refused(nvme::status::fast_copy_not_possible);
  const Outcome outcome = co_await failed_write(std::move(error), rest.start_lba, rest.blocks);
  co_return outcome;
}

void Namespace::count(const CopyReport& report) {
  const std::uint64_t block_bytes = facts_.block_size_bytes;
  copies_.bytes_offloaded += report.blocks_offloaded * block_bytes;
  copies_.bytes_by_kernel += report.blocks_kernel * block_bytes;
  copies_.bytes_emulated += report.blocks_emulated * block_bytes;
  if (report.fallback_reason) copies_.last_fallback = *report.fallback_reason;
}

}  // namespace zonecopy::target
