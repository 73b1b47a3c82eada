#include "src/nvme/fabrics/identify_encode.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "src/base/endian.h"
#include "src/nvme/fabrics/identify_layout.h"
#include "src/nvme/fabrics/properties.h"
#include "src/nvme/fabrics/queue_entry.h"

namespace zonecopy::nvme::fabrics {
namespace {

using Bytes = std::span<std::byte>;
using namespace layout;

void put_text(Bytes data, std::size_t offset, std::size_t length, const std::string& text, char padding) {
  for (std::size_t i = 0; i < length; ++i) {
    data[offset + i] = static_cast<std::byte>(i < text.size() ? text[i] : padding);
  }
}

void put_byte(Bytes data, std::size_t offset, std::uint8_t value) { data[offset] = std::byte{value}; }

/// log2 of a size in smallest pages of 4 KiB, the form of MDTS, ZASL and WZSL; 0 for no limit.
std::uint8_t pages_shift(std::uint32_t bytes) {
  constexpr int page_size_shift = 12;
  return bytes == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(std::bit_width(bytes) - 1 - page_size_shift);
}

/// MAR and MOR are one less than the limit; all ones mean that there is none.
std::uint32_t resource_field(std::uint32_t limit) {
  return limit == 0 ? std::numeric_limits<std::uint32_t>::max() : limit - 1;
}

void put_names(const ControllerIdentity& identity, Bytes data) {
  put_text(data, offset_serial_number, serial_number_bytes, identity.serial_number, ' ');
  put_text(data, offset_model, model_bytes, identity.model, ' ');
  put_text(data, offset_firmware, firmware_bytes, identity.firmware, ' ');
  put_text(data, offset_subsystem_nqn, subsystem_nqn_bytes, identity.subsystem_nqn, '\0');
}

/// What the fabric is like: capsules and SGLs.
void put_fabric(const ControllerIdentity& identity, Bytes data) {
  put_little_endian<std::uint32_t>(data, offset_sgls, sgls_supported | sgls_offset | sgls_transport);
  const auto capsule = static_cast<std::uint32_t>(submission_entry_bytes + identity.in_capsule_data_bytes);
  put_little_endian<std::uint32_t>(data, offset_ioccsz, capsule / capsule_unit_bytes);
  put_little_endian<std::uint32_t>(data, offset_iorcsz, completion_entry_bytes / capsule_unit_bytes);
  put_byte(data, offset_msdbd, 1);
}

void put_commands(const ControllerIdentity& identity, Bytes data) {
  put_byte(data, offset_acl, 3);
  put_byte(data, offset_aerl, static_cast<std::uint8_t>(identity.asynchronous_events - 1));
  put_byte(data, offset_lpa, lpa_effects | lpa_extended);
  put_little_endian<std::uint16_t>(data, offset_kas, identity.keep_alive_unit_100ms);
  put_little_endian<std::uint16_t>(data, offset_cqt, identity.quiesce_time_ms);
  put_little_endian<std::uint16_t>(data, offset_maxcmd, identity.max_commands);
  put_little_endian<std::uint16_t>(data, offset_oncs, identity.optional_commands);
  put_byte(data, offset_vwc, identity.volatile_write_cache ? vwc_present | vwc_flush_all : 0);
  put_little_endian<std::uint16_t>(data, offset_ocfs, identity.copy_formats);
}

void put_copy_limits(const CopyLimits& limits, Bytes data) {
  if (!limits.available()) return;
  constexpr std::uint32_t mssrl_max = std::numeric_limits<std::uint16_t>::max();
  put_little_endian<std::uint16_t>(data, offset_mssrl,
                                   static_cast<std::uint16_t>(std::min(limits.max_range_blocks, mssrl_max)));
  put_little_endian<std::uint32_t>(data, offset_mcl, limits.max_total_blocks);
  put_byte(data, offset_msrc, static_cast<std::uint8_t>(std::min(limits.max_ranges, 256U) - 1));
}

}  // namespace

void encode_identity(const ControllerIdentity& identity, Bytes data) {
  put_names(identity, data);
  put_byte(data, offset_cmic, identity.several_controllers ? cmic_several_controllers : 0);
  put_byte(data, offset_mdts, pages_shift(identity.max_transfer_bytes));
  put_little_endian<std::uint16_t>(data, offset_cntlid, identity.controller_id);
  put_little_endian<std::uint32_t>(data, offset_ver, version_2_0);
  put_little_endian<std::uint32_t>(data, offset_ctratt, ctratt_host_id_128);
  put_byte(data, offset_cntrltype, static_cast<std::uint8_t>(identity.type));
  put_byte(data, offset_frmw, frmw_one_slot_read_only);
  put_byte(data, offset_sqes, entry_sizes(std::bit_width(submission_entry_bytes) - 1));
  put_byte(data, offset_cqes, entry_sizes(std::bit_width(completion_entry_bytes) - 1));
  put_little_endian<std::uint32_t>(data, offset_nn, identity.namespaces);
  put_commands(identity, data);
  put_fabric(identity, data);
}

void encode_identity(const NamespaceIdentity& identity, Bytes data) {
  for (const std::size_t offset : {offset_nsze, offset_ncap, offset_nuse}) {
    put_little_endian<std::uint64_t>(data, offset, identity.size_blocks);
  }
  put_byte(data, offset_nmic, identity.shared ? nmic_shared : 0);
  put_byte(data, offset_dlfeat, dlfeat_zeros);
  put_byte(data, offset_nsattr, identity.write_protected ? nsattr_write_protected : 0);
  put_copy_limits(identity.copy_limits, data);
  std::copy(identity.nguid.begin(), identity.nguid.end(), data.begin() + offset_nguid);
  put_byte(data, offset_lbaf0 + offset_lbads, static_cast<std::uint8_t>(std::bit_width(identity.block_size_bytes) - 1));
}

void encode_zoned_identity(const NamespaceIdentity& identity, Bytes data) {
  put_little_endian<std::uint16_t>(data, offset_ozcs, identity.reads_across_zones ? ozcs_read_across_zones : 0);
  put_little_endian<std::uint32_t>(data, offset_mar, resource_field(identity.resource_limits.max_active_zones));
  put_little_endian<std::uint32_t>(data, offset_mor, resource_field(identity.resource_limits.max_open_zones));
  put_little_endian<std::uint64_t>(data, offset_lbafe0, identity.zone_size_blocks);
}

void encode_independent_identity(const NamespaceIdentity& identity, Bytes data) {
  put_byte(data, offset_independent_nmic, identity.shared ? nmic_shared : 0);
  put_byte(data, offset_independent_nsattr, identity.write_protected ? nsattr_write_protected : 0);
  put_byte(data, offset_independent_nstat, nstat_ready);
}

void encode_zasl(std::uint32_t max_append_bytes, Bytes data) {
  put_byte(data, offset_zasl, pages_shift(max_append_bytes));
}

void encode_wzsl(std::uint32_t max_write_zeroes_bytes, Bytes data) {
  put_byte(data, offset_wzsl, pages_shift(max_write_zeroes_bytes));
}

void encode_namespace_list(std::span<const std::uint32_t> nsids, std::uint32_t after, Bytes data) {
  std::size_t offset = 0;
  for (const std::uint32_t nsid : nsids) {
    if (nsid <= after || offset + sizeof nsid > data.size()) continue;
    put_little_endian<std::uint32_t>(data, offset, nsid);
    offset += sizeof nsid;
  }
}

void encode_controller_list(std::span<const std::uint16_t> controllers, std::uint16_t from, Bytes data) {
  std::uint16_t count = 0;
  for (const std::uint16_t id : controllers) {
    const std::size_t offset = (count + std::size_t{1}) * sizeof id;
    if (id < from || offset + sizeof id > data.size()) continue;
    put_little_endian<std::uint16_t>(data, offset, id);
    ++count;
  }
  put_little_endian<std::uint16_t>(data, 0, count);
}

void encode_descriptors(const NamespaceDescriptors& descriptors, Bytes data) {
  std::size_t offset = 0;
  const auto put = [&](std::uint8_t type, std::span<const std::byte> value) {
    put_byte(data, offset, type);
    put_byte(data, offset + 1, static_cast<std::uint8_t>(value.size()));
    std::copy(value.begin(), value.end(), data.begin() + static_cast<std::ptrdiff_t>(offset + descriptor_header_bytes));
    offset += descriptor_header_bytes + value.size();
  };
  if (descriptors.nguid) put(nidt_nguid, *descriptors.nguid);
  if (descriptors.uuid) put(nidt_uuid, *descriptors.uuid);
  if (descriptors.command_set) {
    const std::byte command_set{*descriptors.command_set};
    put(nidt_command_set, std::span(&command_set, 1));
  }
}

void encode_command_set_combination(Bytes data) {
  put_little_endian<std::uint64_t>(data, 0, 1U << command_set_nvm | 1U << command_set_zoned);
}

}  // namespace zonecopy::nvme::fabrics
