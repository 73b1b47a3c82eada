// Commands that change a zone: sent, and settled where their answer is lost.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "src/base/endian.h"
#include "src/device/remote/remote_device.h"
#include "src/device/remote/retry.h"
#include "src/device/zeros.h"
#include "src/nvme/io_command.h"
#include "zonecopy/buffer.h"

namespace zonecopy::remote {
namespace {

using nvme::Command;
using nvme::Completion;

constexpr std::size_t compare_bytes = 128U << 10;

Completion failed(const Error& error) { return Completion{-EIO, 0, error.detail()}; }

Error somebody_else(std::string what) {
  return Error(EIO, "settle",
               "the connection was lost, and the zone has been changed by somebody else since: " + std::move(what));
}

}  // namespace

Task<Result<Lba>> RemoteDevice::find_pointer(ZoneIndex zone) {
  const Result<std::vector<Zone>> zones = co_await report_zones(zone, 1);
  if (!zones) co_return zones.error();
  co_return pointer_of(zones->front());
}

/// What the zone says of a command that went astray, once there is a connection again, and nothing that was sent over the
/// one before can have an effect any more.
Task<Result<Judgement>> RemoteDevice::settle(Change change, std::optional<Lba> pointer_lba) {
  const ZoneIndex zone = info().zone_of(change.start_lba);
  Zone now;
  for (bool quiet = false; !quiet;) {
    const Result<std::vector<Zone>> zones = co_await report_zones(zone, 1);
    if (!zones) co_return zones.error();
    now = zones->front();
    quiet = parts_.link->quiet();
    if (!quiet) co_await parts_.link->wait_quiet();
  }
  const Judgement judgement = judge(change, pointer_lba, now);
  if (judgement.fate != Fate::foreign) co_return judgement;
  const std::string expected = pointer_lba ? fmt::format(", not at or behind {}", *pointer_lba) : std::string();
  co_return somebody_else(
      fmt::format("it is {}, its write pointer at LBA {}{}", to_string(now.condition), pointer_of(now), expected));
}

/// Write, Write Zeroes and Zone Append: `pointer_lba` is where they write.
Task<Completion> RemoteDevice::send_data(Command command, Change change, std::optional<Lba> pointer_lba) {
  const Lba start_lba = *pointer_lba;
  Lba next_lba = start_lba;
  Completion completion;
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    completion = co_await send(command);
    const bool is_rest = next_lba != start_lba;
    if (!went_astray(completion)) {
      if (completion.result == 0 && is_rest) completion.value = start_lba;
      co_return completion;
    }
    const Result<Judgement> judgement = co_await settle(change, next_lba);
    if (!judgement) co_return failed(judgement.error());
    const Status right = co_await check_landed(command, next_lba, judgement->blocks_done);
    if (!right) co_return failed(right.error());
    if (judgement->fate == Fate::whole) co_return Completion{0, start_lba};
    if (judgement->fate == Fate::untouched) continue;
    command = rest_of(command, next_lba, judgement->blocks_done, info().block_size_bytes);
    next_lba += judgement->blocks_done;
    change.kind = change.kind == Change::Kind::append ? Change::Kind::write : change.kind;
    change.blocks -= judgement->blocks_done;
  }
  co_return astray_too_often(std::move(completion));
}

/// That the zone has what `command` carries from `first_lba` on: a write pointer that fits may be another host's.
Task<Status> RemoteDevice::check_landed(Command command, Lba first_lba, std::uint64_t blocks) {
  if (blocks == 0) co_return Status();
  const Buffer buffer(compare_bytes);
  const std::size_t block_bytes = info().block_size_bytes;
  const auto* const sent = reinterpret_cast<const std::byte*>(command.addr);
  for (std::uint64_t done = 0; done < blocks;) {
    const std::uint64_t part = std::min<std::uint64_t>(blocks - done, zeros.size() / block_bytes);
    const std::span<std::byte> data = buffer.first(part * block_bytes);
    const Status read = co_await read_from(facts().target.nsid, first_lba + done, data);
    if (!read) co_return read;
    const std::byte* const expected = command.data_len == 0 ? zeros.data() : sent + done * block_bytes;
    if (std::memcmp(data.data(), expected, data.size()) != 0) {
      co_return somebody_else(fmt::format("other data was written from LBA {} on", first_lba + done));
    }
    done += part;
  }
  co_return Status();
}

Task<Completion> RemoteDevice::send_copy(Command command, Change change) {
  CopyRest rest;  // owns the list of ranges, once it is not the caller's
  std::uint32_t ranges_done = 0;
  Completion completion;
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    completion = co_await send(command);
    if (!went_astray(completion)) {
      if (completion.result > 0) completion.value += ranges_done;
      co_return completion;
    }
    const Result<Judgement> judgement = co_await settle(change, change.start_lba);
    if (!judgement) co_return failed(judgement.error());
    const Status right = co_await check_copied(command, judgement->blocks_done);
    if (!right) co_return failed(right.error());
    if (judgement->fate == Fate::whole) co_return Completion{0};
    if (judgement->fate == Fate::untouched) continue;
    rest = rest_of_copy(command, judgement->blocks_done);
    command = rest.command;
    ranges_done += rest.ranges_done;
    change.start_lba += judgement->blocks_done;
    change.blocks -= judgement->blocks_done;
  }
  co_return astray_too_often(std::move(completion));
}

/// That the first `blocks` of the destination are those of the sources, by reading both.
Task<Status> RemoteDevice::check_copied(Command command, std::uint64_t blocks) {
  const Buffer buffer(2 * compare_bytes);
  const std::size_t block_bytes = info().block_size_bytes;
  const std::span list(reinterpret_cast<const std::byte*>(command.addr), command.data_len);
  const nvme::CopyHeader header = nvme::decode_copy(command);
  Lba copied_lba = header.destination_lba;
  const Lba end_lba = copied_lba + blocks;
  for (const nvme::CopySource& source : nvme::decode_copy_sources(list)) {
    const std::uint32_t nsid = header.format == 0 ? facts().target.nsid : source.nsid;
    for (std::uint64_t done = 0; done < source.blocks && copied_lba < end_lba;) {
      const std::uint64_t part =
          std::min({source.blocks - done, end_lba - copied_lba, std::uint64_t{compare_bytes / block_bytes}});
      const std::span<std::byte> from = buffer.first(part * block_bytes);
      const std::span<std::byte> to = buffer.span().subspan(compare_bytes, part * block_bytes);
      const Status source_read = co_await read_from(nsid, source.start_lba + done, from);
      if (!source_read) co_return source_read;
      const Status copy_read = co_await read_from(facts().target.nsid, copied_lba, to);
      if (!copy_read) co_return copy_read;
      if (std::memcmp(from.data(), to.data(), to.size()) != 0) {
        co_return somebody_else(fmt::format("what is there from LBA {} on is not what was copied", copied_lba));
      }
      done += part;
      copied_lba += part;
    }
  }
  co_return Status();
}

/// Reads from this namespace, or from another of the controller, which is the source of a Copy.
Task<Status> RemoteDevice::read_from(std::uint32_t nsid, Lba lba, std::span<std::byte> data) {
  while (!data.empty()) {
    const std::span<std::byte> part = data.first(command_bytes(lba, data.size()));
    nvme::Target target = facts().target;
    target.nsid = nsid;
    target.size_blocks = ~std::uint64_t{0};  // of the other one not known here: the controller checks it
    const Result<Command> command = nvme::read(target, lba, part);
    if (!command) co_return command.error();
    const Completion completion = co_await send_repeatable(*command);
    if (completion.result != 0) co_return make_error(completion, "read", lba);
    data = data.subspan(part.size());
    lba += part.size() / info().block_size_bytes;
  }
  co_return Status();
}

Task<Completion> RemoteDevice::send_action(Command command, Change change, std::optional<Lba> pointer_lba) {
  Completion completion;
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    completion = co_await send(command);
    if (!went_astray(completion)) co_return completion;
    const Result<Judgement> judgement = co_await settle(change, pointer_lba);
    if (!judgement) co_return failed(judgement.error());
    if (judgement->fate == Fate::whole) co_return Completion{0};
  }
  co_return astray_too_often(std::move(completion));
}

}  // namespace zonecopy::remote
