// Where the fields of Identify's structures are, and the values that this program gives them. Those that a local host
// reads as well are in src/nvme/identify.cpp. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

namespace zonecopy::nvme::fabrics::layout {

// Identify Controller (NVMe Base 2.0, figure "Identify Controller Data Structure").
inline constexpr std::size_t offset_serial_number = 4;
inline constexpr std::size_t serial_number_bytes = 20;
inline constexpr std::size_t offset_model = 24;
inline constexpr std::size_t model_bytes = 40;
inline constexpr std::size_t offset_firmware = 64;
inline constexpr std::size_t firmware_bytes = 8;
inline constexpr std::size_t offset_cmic = 76;
inline constexpr std::size_t offset_mdts = 77;
inline constexpr std::size_t offset_cntlid = 78;
inline constexpr std::size_t offset_ver = 80;
inline constexpr std::size_t offset_ctratt = 96;
inline constexpr std::size_t offset_cntrltype = 111;
inline constexpr std::size_t offset_acl = 258;
inline constexpr std::size_t offset_aerl = 259;
inline constexpr std::size_t offset_frmw = 260;
inline constexpr std::size_t offset_lpa = 261;
inline constexpr std::size_t offset_kas = 320;
inline constexpr std::size_t offset_cqt = 386;
inline constexpr std::size_t offset_sqes = 512;
inline constexpr std::size_t offset_cqes = 513;
inline constexpr std::size_t offset_maxcmd = 514;
inline constexpr std::size_t offset_nn = 516;
inline constexpr std::size_t offset_oncs = 520;
inline constexpr std::size_t offset_vwc = 525;
inline constexpr std::size_t offset_ocfs = 534;
inline constexpr std::size_t offset_sgls = 536;
inline constexpr std::size_t offset_subsystem_nqn = 768;
inline constexpr std::size_t subsystem_nqn_bytes = 256;
inline constexpr std::size_t offset_ioccsz = 1792;
inline constexpr std::size_t offset_iorcsz = 1796;
inline constexpr std::size_t offset_icdoff = 1800;
inline constexpr std::size_t offset_msdbd = 1803;

inline constexpr std::uint8_t cmic_several_controllers = 1U << 1;
inline constexpr std::uint32_t ctratt_host_id_128 = 1U << 0;
inline constexpr std::uint8_t frmw_one_slot_read_only = 1U | 1U << 1;
inline constexpr std::uint8_t lpa_effects = 1U << 1;
inline constexpr std::uint8_t lpa_extended = 1U << 2;  // offsets, and lengths of 32 bits
inline constexpr std::uint8_t vwc_present = 1U << 0;
inline constexpr std::uint8_t vwc_flush_all = 3U << 1;    // Flush of NSID FFFFFFFFh
inline constexpr std::uint32_t sgls_supported = 1U << 0;  // without need of alignment
inline constexpr std::uint32_t sgls_offset = 1U << 20;    // addresses that are offsets in the capsule
inline constexpr std::uint32_t sgls_transport = 1U << 21;
inline constexpr std::size_t capsule_unit_bytes = 16;  // of IOCCSZ, IORCSZ and ICDOFF
/// SQES and CQES: smallest and largest size, which are the same, as exponents.
constexpr std::uint8_t entry_sizes(int shift) { return static_cast<std::uint8_t>(shift | shift << 4); }

// Identify Namespace (NVM Command Set 1.0, figure "Identify Namespace Data Structure").
inline constexpr std::size_t offset_nsze = 0;
inline constexpr std::size_t offset_ncap = 8;
inline constexpr std::size_t offset_nuse = 16;
inline constexpr std::size_t offset_nmic = 30;
inline constexpr std::size_t offset_dlfeat = 33;
inline constexpr std::size_t offset_mssrl = 74;
inline constexpr std::size_t offset_mcl = 76;
inline constexpr std::size_t offset_msrc = 80;
inline constexpr std::size_t offset_nsattr = 99;
inline constexpr std::size_t offset_nguid = 104;
inline constexpr std::size_t offset_lbaf0 = 128;
inline constexpr std::size_t offset_lbads = 2;

inline constexpr std::uint8_t nmic_shared = 1U << 0;
inline constexpr std::uint8_t dlfeat_zeros = 1;  // blocks that were not written read as zeros
inline constexpr std::uint8_t nsattr_write_protected = 1U << 0;

// I/O Command Set Independent Identify Namespace (NVMe Base 2.0, CNS 08h).
inline constexpr std::size_t offset_independent_nmic = 1;
inline constexpr std::size_t offset_independent_nsattr = 8;
inline constexpr std::size_t offset_independent_nstat = 14;
inline constexpr std::uint8_t nstat_ready = 1U << 0;

// Identify Namespace of the zoned command set (ZNS 1.1), and Identify Controller of it and of the NVM command set.
inline constexpr std::size_t offset_ozcs = 2;
inline constexpr std::size_t offset_mar = 4;
inline constexpr std::size_t offset_mor = 8;
inline constexpr std::size_t offset_lbafe0 = 2816;
inline constexpr std::uint16_t ozcs_read_across_zones = 1U << 0;
inline constexpr std::size_t offset_zasl = 0;
inline constexpr std::size_t offset_wzsl = 1;

// Namespace identification descriptors (CNS 03h).
inline constexpr std::size_t descriptor_header_bytes = 4;
inline constexpr std::uint8_t nidt_nguid = 2;
inline constexpr std::uint8_t nidt_uuid = 3;
inline constexpr std::uint8_t nidt_command_set = 4;

}  // namespace zonecopy::nvme::fabrics::layout
