// Entries of submission and completion queues as they go over a fabric (NVMe Base 2.0, 3.3.3): 64 and 16 bytes. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "src/nvme/command.h"
#include "src/nvme/status.h"

namespace zonecopy::nvme::fabrics {

inline constexpr std::size_t submission_entry_bytes = 64;
inline constexpr std::size_t completion_entry_bytes = 16;

inline constexpr std::uint8_t opcode_fabrics = 0x7f;

/// The SGL identifiers of NVMe/TCP: descriptor type in bits 7:4, subtype in bits 3:0 (NVMe Base 2.0, 4.1.2).
inline constexpr std::uint8_t sgl_in_capsule = 0x01;  ///< a data block; its address is an offset in the capsule's data
inline constexpr std::uint8_t sgl_transport = 0x5a;   ///< the data goes in PDUs of its own

/// The one SGL descriptor of a command.
struct Sgl {
  std::uint64_t address = 0;
  std::uint32_t length_bytes = 0;
  std::uint8_t identifier = 0;
  friend bool operator==(const Sgl&, const Sgl&) = default;
};

/// A command in a capsule. `command` has the dwords; its addr, data_len, metadata_len and timeout_ms are the host's own
/// business and do not go over the wire. Of a fabrics command `nsid` has the command type (FCTYPE) in its low byte.
struct SubmissionEntry {
  Command command;
  std::uint16_t command_id = 0;
  Sgl sgl;
};

/// CDW0 bits 15:14, PSDT: over fabrics a command always has an SGL, 01b.
[[nodiscard]] bool has_sgl(const Command& command);

void encode(const SubmissionEntry& entry, std::span<std::byte, submission_entry_bytes> bytes);
/// `command.flags` is FUSE and PSDT as they came.
[[nodiscard]] SubmissionEntry decode_submission(std::span<const std::byte, submission_entry_bytes> bytes);

struct CompletionEntry {
  std::uint64_t result = 0;  ///< dwords 0 and 1
  std::uint16_t sq_head = 0;
  std::uint16_t sq_id = 0;  ///< reserved over fabrics: 0
  std::uint16_t command_id = 0;
  StatusCode status = 0;
  bool do_not_retry = false;
  friend bool operator==(const CompletionEntry&, const CompletionEntry&) = default;
};

void encode(const CompletionEntry& entry, std::span<std::byte, completion_entry_bytes> bytes);
[[nodiscard]] CompletionEntry decode_completion(std::span<const std::byte, completion_entry_bytes> bytes);

}  // namespace zonecopy::nvme::fabrics
