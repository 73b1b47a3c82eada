// What statuses mean, against a table written by hand.
#include "src/nvme/status.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "zonecopy/zone_state.h"

namespace zonecopy::nvme {
namespace {

constexpr CopyDecision fall_back = CopyDecision::fall_back;
constexpr CopyDecision never = CopyDecision::never;
constexpr CopyDecision fail = CopyDecision::fail;

struct Row {
  StatusCode code;
  std::string name;
  int error;
  CopyDecision decision;
  bool resync;
};

const std::vector<Row> rows = {
    {0x001, "Invalid Command Opcode", EOPNOTSUPP, never, false},
    {0x002, "Invalid Field in Command", EIO, never, false},
    {0x006, "Internal Error", EIO, fail, true},
    {0x007, "Command Abort Requested", EIO, fail, true},
    {0x008, "Command Aborted due to SQ Deletion", EIO, fail, true},
    {0x00b, "Invalid Namespace or Format", EIO, never, false},
    {0x080, "LBA Out of Range", EIO, fail, true},
    {0x181, "Invalid Protection Information", EIO, fail, true},
    {0x182, "Attempted Write to Read Only Range", EROFS, fail, true},
    {0x183, "Command Size Limit Exceeded", EIO, never, true},
    {0x185, "Incompatible Namespace or Format", EIO, never, true},
    {0x186, "Fast Copy Not Possible", EOPNOTSUPP, fall_back, true},
    {0x187, "Overlapping I/O Range", EIO, fall_back, true},
    {0x188, "Namespace Not Reachable", EIO, fall_back, true},
    {0x189, "Insufficient Resources", EIO, fall_back, true},
    {0x1b6, "Invalid Zone Operation Request", EINVAL, fail, true},
    {0x1b7, "Zone Random Write Area Resources Unavailable", EIO, fail, false},
    {0x1b8, "Zone Boundary Error", EFBIG, fail, true},
    {0x1b9, "Zone Is Full", EFBIG, fail, true},
    {0x1ba, "Zone Is Read Only", EROFS, fail, true},
    {0x1bb, "Zone Is Offline", EIO, fail, true},
    {0x1bc, "Zone Invalid Write", EIO, fail, true},
    {0x1bd, "Too Many Active Zones", EOVERFLOW, fail, false},
    {0x1be, "Too Many Open Zones", ETOOMANYREFS, fail, false},
    {0x1bf, "Invalid Zone State Transition", EINVAL, fail, true},
    {0x280, "Write Fault", EIO, fail, true},
    {0x281, "Unrecovered Read Error", EIO, fail, true},
    {0x282, "End-to-end Guard Check Error", EIO, fail, true},
    {0x283, "End-to-end Application Tag Check Error", EIO, fail, true},
    {0x284, "End-to-end Reference Tag Check Error", EIO, fail, true},
    {0x287, "Deallocated or Unwritten Logical Block", EIO, fail, true},
    {0x370, "Host Pathing Error", EIO, fail, true},
    {0x371, "Command Aborted By Host", EIO, fail, true},
};

// CRD, More and DNR, in all mixtures that show which of them is not masked.
const std::vector<std::int32_t> hints = {0, 0x0800, 0x1000, 0x2000, 0x4000, 0x7800};

TEST(NvmeStatus, EveryCode) {
  for (const Row& row : rows) {
    for (const std::int32_t hint : hints) {
      const std::int32_t result = row.code | hint;
      EXPECT_EQ(status_code(result), row.code) << std::hex << result;
      const StatusMeaning& meaning = meaning_of(status_code(result));
      EXPECT_EQ(meaning.code, row.code);
      EXPECT_EQ(meaning.name, row.name);
      EXPECT_EQ(meaning.error, row.error) << row.name;
      EXPECT_EQ(meaning.copy_decision, row.decision) << row.name;
      EXPECT_EQ(meaning.resync, row.resync) << row.name;
      EXPECT_EQ(copy_decision(result), row.decision) << row.name;

      const Error error = make_error(result, "copy");
      EXPECT_EQ(error.code(), row.error) << row.name;
      EXPECT_EQ(error.operation(), "copy");
      EXPECT_EQ(error.nvme_status(), row.code);
      EXPECT_EQ(error.detail(), row.name);
    }
  }
}

TEST(NvmeStatus, AllOtherCodesAreUnknown) {
  std::set<StatusCode> known;
  for (const Row& row : rows) EXPECT_TRUE(known.insert(row.code).second);
  for (std::uint16_t code = 0; code <= 0x7ff; ++code) {
    if (known.contains(code)) continue;
    const StatusMeaning& meaning = meaning_of(code);
    EXPECT_EQ(meaning.error, EIO) << std::hex << code;
    EXPECT_EQ(meaning.copy_decision, fail) << std::hex << code;
    EXPECT_TRUE(meaning.resync) << std::hex << code;
    EXPECT_FALSE(meaning.name.empty());
  }
  EXPECT_EQ(make_error(0x47c5, "write").nvme_status(), 0x7c5) << "the error tells the code nevertheless";
  EXPECT_EQ(copy_decision(0x47c5), fail);
  EXPECT_EQ(make_error(0x4000, "write").code(), EIO) << "a hint about no status at all is still an error";
}

TEST(NvmeStatus, ZonesAreRefusedAsTheStateMachineRefusesThem) {
  const std::vector<std::pair<StatusCode, ZoneRefusal>> same = {
      {0x1b8, ZoneRefusal::boundary},      {0x1b9, ZoneRefusal::full},
      {0x1ba, ZoneRefusal::read_only},     {0x1bb, ZoneRefusal::offline},
      {0x1bc, ZoneRefusal::invalid_write}, {0x1bd, ZoneRefusal::too_many_active},
      {0x1be, ZoneRefusal::too_many_open}, {0x1bf, ZoneRefusal::invalid_transition}};
  std::map<StatusCode, ZoneRefusal> refusals(same.begin(), same.end());
  for (const Row& row : rows) {
    const auto expected = refusals.find(row.code);
    const std::optional<ZoneRefusal> refusal =
        expected == refusals.end() ? std::nullopt : std::optional(expected->second);
    EXPECT_EQ(make_error(row.code, "write").zone_refusal(), refusal) << row.name;
    if (refusal) {
      EXPECT_EQ(row.error, to_errno(*refusal)) << row.name;
    }
  }
  EXPECT_EQ(make_error(-EIO, "write").zone_refusal(), std::nullopt);
}

TEST(NvmeStatus, WhichSideOfACopyFailed) {
  const std::map<StatusCode, CopySide> known = {{0x1b9, CopySide::destination}, {0x1ba, CopySide::destination},
                                                {0x1bb, CopySide::source},      {0x1bc, CopySide::destination},
                                                {0x1bd, CopySide::destination}, {0x1be, CopySide::destination},
                                                {0x1bf, CopySide::destination}, {0x280, CopySide::destination},
                                                {0x281, CopySide::source},      {0x287, CopySide::source}};
  for (std::uint16_t code = 0; code <= 0x7ff; ++code) {
    const auto side = known.find(code);
    EXPECT_EQ(failed_side(code), side == known.end() ? std::nullopt : std::optional(side->second)) << std::hex << code;
  }
  EXPECT_EQ(failed_side(0x4281), CopySide::source) << "whatever the DNR bit says";
  EXPECT_EQ(failed_side(-0x281), std::nullopt) << "an errno is no status";
}

TEST(NvmeStatus, ReadsWell) {
  EXPECT_EQ(make_error(0x41bc, "write").at_zone(3).to_string(),
            "write, zone 3: Input/output error (NVMe status 0x1bc): Zone Invalid Write");
  EXPECT_EQ(make_error(-EACCES, "copy").to_string(), "copy: Permission denied");
  EXPECT_EQ(make_error(-ENODEV, "read").to_string(), "read: Input/output error: the kernel says: No such device");
  EXPECT_EQ(make_error(-EINTR, "zone reset").to_string(),
            "zone reset: Input/output error: cancelled by a timeout or a reset of the controller");
}

TEST(NvmeStatus, KernelRefusals) {
  for (const int code : {EINVAL, EOPNOTSUPP, EACCES, EPERM}) {
    EXPECT_EQ(copy_decision(-code), code == EINVAL ? fall_back : never) << code;
    EXPECT_EQ(make_error(-code, "copy").code(), code);
  }
  for (const int code :
       {EINTR, ENODEV, ENXIO, EIO, EAGAIN, EFAULT, ETIMEDOUT, ECANCELED, ENODATA, EILSEQ, EBADF, ENOTTY}) {
    EXPECT_EQ(copy_decision(-code), fail) << code;
    EXPECT_EQ(make_error(-code, "copy").code(), EIO) << code;
  }
  EXPECT_EQ(copy_decision(-ENOMEM), fail) << "a read and a write need memory too";
  EXPECT_EQ(make_error(-ENOMEM, "copy").code(), ENOMEM);
}

TEST(NvmeStatus, WhatTheDriveOrTheKernelLacks) {
  for (std::int32_t code = 1; code <= 0x7ff; ++code) {
    EXPECT_EQ(lacks_command(code), code == 0x001 || code == 0x002) << std::hex << code;
    EXPECT_EQ(lacks_command(code | 0x4000), lacks_command(code)) << "whatever the DNR bit says";
  }
  for (const int code : {EOPNOTSUPP, EACCES, EPERM}) EXPECT_TRUE(lacks_command(-code)) << code;
  for (const int code : {EINVAL, EIO, ENOMEM, EINTR, ENODEV, EAGAIN}) EXPECT_FALSE(lacks_command(-code)) << code;
}

TEST(NvmeStatus, KernelErrorsAreNoStatuses) {
  // -1 is EPERM and, taken for a status, would be 0x7ff; -0x1bc taken so would be 0x644.
  for (const std::int32_t result : {-1, -0x1bc, -4096, std::numeric_limits<std::int32_t>::min()}) {
    const Error error = make_error(result, "write");
    EXPECT_FALSE(error.nvme_status().has_value()) << result;
    EXPECT_GT(error.code(), 0) << result;
    EXPECT_FALSE(error.to_string().empty());
  }
}

}  // namespace
}  // namespace zonecopy::nvme
