#include "src/nvme/fabrics/queue_entry.h"

#include "src/base/endian.h"

namespace zonecopy::nvme::fabrics {
namespace {

// Offsets in a submission queue entry (NVMe Base 2.0, figure "Common Command Format").
constexpr std::size_t offset_opcode = 0;
constexpr std::size_t offset_flags = 1;
constexpr std::size_t offset_command_id = 2;
constexpr std::size_t offset_nsid = 4;
constexpr std::size_t offset_cdw2 = 8;
constexpr std::size_t offset_cdw3 = 12;
constexpr std::size_t offset_metadata = 16;
constexpr std::size_t offset_sgl_address = 24;
constexpr std::size_t offset_sgl_length = 32;
constexpr std::size_t offset_sgl_identifier = 39;
constexpr std::size_t offset_cdw10 = 40;

// Offsets in a completion queue entry.
constexpr std::size_t offset_result = 0;
constexpr std::size_t offset_sq_head = 8;
constexpr std::size_t offset_sq_id = 10;
constexpr std::size_t offset_completed_id = 12;
constexpr std::size_t offset_status = 14;
// The status field: the phase bit in bit 0, SC and SCT from bit 1 on, DNR in bit 15.
constexpr unsigned status_shift = 1;
constexpr unsigned status_code_mask = 0x7ff;
constexpr unsigned do_not_retry_bit = 1U << 15;

constexpr unsigned psdt_mask = 0xc0;
constexpr unsigned psdt_sgl = 0x40;

}  // namespace

bool has_sgl(const Command& command) { return (command.flags & psdt_mask) == psdt_sgl; }

void encode(const SubmissionEntry& entry, std::span<std::byte, submission_entry_bytes> bytes) {
  const Command& command = entry.command;
  put_little_endian(bytes, offset_opcode, command.opcode);
  put_little_endian(bytes, offset_flags, static_cast<std::uint8_t>((command.flags & ~psdt_mask) | psdt_sgl));
  put_little_endian(bytes, offset_command_id, entry.command_id);
  put_little_endian(bytes, offset_nsid, command.nsid);
  put_little_endian(bytes, offset_cdw2, command.cdw2);
  put_little_endian(bytes, offset_cdw3, command.cdw3);
  put_little_endian(bytes, offset_metadata, std::uint64_t{0});
  put_little_endian(bytes, offset_sgl_address, entry.sgl.address);
  // The three bytes between length and identifier are reserved.
  put_little_endian(bytes, offset_sgl_length, entry.sgl.length_bytes);
  put_little_endian(bytes, offset_sgl_length + 4, std::uint32_t{0});
  put_little_endian(bytes, offset_sgl_identifier, entry.sgl.identifier);
  const std::array dwords{command.cdw10, command.cdw11, command.cdw12, command.cdw13, command.cdw14, command.cdw15};
  for (std::size_t i = 0; i < dwords.size(); ++i) put_little_endian(bytes, offset_cdw10 + 4 * i, dwords[i]);
}

SubmissionEntry decode_submission(std::span<const std::byte, submission_entry_bytes> bytes) {
  const auto dword = [&bytes](std::size_t offset) { return little_endian<std::uint32_t>(bytes, offset); };
  SubmissionEntry entry;
  entry.command_id = little_endian<std::uint16_t>(bytes, offset_command_id);
  entry.sgl.address = little_endian<std::uint64_t>(bytes, offset_sgl_address);
  entry.sgl.length_bytes = dword(offset_sgl_length);
  entry.sgl.identifier = little_endian<std::uint8_t>(bytes, offset_sgl_identifier);
  Command& command = entry.command;
  command.opcode = little_endian<std::uint8_t>(bytes, offset_opcode);
  command.flags = little_endian<std::uint8_t>(bytes, offset_flags);
  command.nsid = dword(offset_nsid);
  command.cdw2 = dword(offset_cdw2);
  command.cdw3 = dword(offset_cdw3);
  command.metadata = little_endian<std::uint64_t>(bytes, offset_metadata);
  command.cdw10 = dword(offset_cdw10);
  command.cdw11 = dword(offset_cdw10 + 4);
  command.cdw12 = dword(offset_cdw10 + 8);
  command.cdw13 = dword(offset_cdw10 + 12);
  command.cdw14 = dword(offset_cdw10 + 16);
  command.cdw15 = dword(offset_cdw10 + 20);
  return entry;
}

void encode(const CompletionEntry& entry, std::span<std::byte, completion_entry_bytes> bytes) {
  const unsigned status =
      (entry.status & status_code_mask) << status_shift | (entry.do_not_retry ? do_not_retry_bit : 0);
  put_little_endian(bytes, offset_result, entry.result);
  put_little_endian(bytes, offset_sq_head, entry.sq_head);
  put_little_endian(bytes, offset_sq_id, entry.sq_id);
  put_little_endian(bytes, offset_completed_id, entry.command_id);
  put_little_endian(bytes, offset_status, static_cast<std::uint16_t>(status));
}

CompletionEntry decode_completion(std::span<const std::byte, completion_entry_bytes> bytes) {
  const auto status = little_endian<std::uint16_t>(bytes, offset_status);
  return CompletionEntry{
      .result = little_endian<std::uint64_t>(bytes, offset_result),
      .sq_head = little_endian<std::uint16_t>(bytes, offset_sq_head),
      .sq_id = little_endian<std::uint16_t>(bytes, offset_sq_id),
      .command_id = little_endian<std::uint16_t>(bytes, offset_completed_id),
      .status = static_cast<StatusCode>(status >> status_shift & status_code_mask),
      .do_not_retry = (status & do_not_retry_bit) != 0,
  };
}

}  // namespace zonecopy::nvme::fabrics
