// Which status a host gets for an error of a device: every reason of a zone, every kind of errno.
#include "src/nvme/error_status.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "src/nvme/status.h"

namespace zonecopy::nvme {
namespace {

TEST(NvmeErrorStatus, ZonesThatRefuse) {
  struct Row {
    ZoneRefusal refusal;
    StatusCode code;
  };
  const Row rows[] = {{ZoneRefusal::boundary, 0x1b8},      {ZoneRefusal::full, 0x1b9},
                      {ZoneRefusal::read_only, 0x1ba},     {ZoneRefusal::offline, 0x1bb},
                      {ZoneRefusal::invalid_write, 0x1bc}, {ZoneRefusal::too_many_active, 0x1bd},
                      {ZoneRefusal::too_many_open, 0x1be}, {ZoneRefusal::invalid_transition, 0x1bf}};
  for (const Row& row : rows) {
    for (const MediaAccess access : {MediaAccess::read, MediaAccess::write}) {
      const ErrorStatus status = status_of(Error(row.refusal, "write"), access);
      EXPECT_EQ(status.code, row.code) << to_string(row.refusal);
      EXPECT_TRUE(status.do_not_retry);
    }
    EXPECT_EQ(meaning_of(row.code).refusal, row.refusal);
  }
}

TEST(NvmeErrorStatus, Errnos) {
  struct Row {
    int code;
    StatusCode status;
    bool do_not_retry;
  };
  const Row rows[] = {{ENOSPC, 0x081, true},  {EDQUOT, 0x081, true},  {EFBIG, 0x081, true},
                      {EROFS, 0x020, true},   {EINTR, 0x007, false},  {ECANCELED, 0x007, false},
                      {ENOMEM, 0x006, false}, {EAGAIN, 0x006, false}, {EOPNOTSUPP, 0x001, true},
                      {ESTALE, 0x006, true},  {EINVAL, 0x006, true},  {EACCES, 0x006, true}};
  for (const Row& row : rows) {
    const ErrorStatus status = status_of(Error(row.code, "write"), MediaAccess::write);
    EXPECT_EQ(status.code, row.status) << row.code;
    EXPECT_EQ(status.do_not_retry, row.do_not_retry) << row.code;
  }
  EXPECT_EQ(status_of(Error(EIO, "write"), MediaAccess::write).code, 0x280);
  EXPECT_EQ(status_of(Error(EIO, "read"), MediaAccess::read).code, 0x281);
}

TEST(NvmeErrorStatus, WhatADriveBelowSaysIsHandedOnOnlyIfItIsAboutZonesOrMedia) {
  struct Row {
    StatusCode below;
    StatusCode status;
  };
  const Row rows[] = {{0x280, 0x280}, {0x281, 0x281}, {0x287, 0x287}, {0x1bc, 0x1bc}, {0x1b8, 0x1b8}, {0x081, 0x081},
                      {0x020, 0x020}, {0x002, 0x006}, {0x00b, 0x006}, {0x183, 0x006}, {0x370, 0x006}, {0x004, 0x006}};
  for (const Row& row : rows) {
    const ErrorStatus status = status_of(make_error(row.below, "read"), MediaAccess::read);
    EXPECT_EQ(status.code, row.status) << std::hex << row.below;
  }
}

}  // namespace
}  // namespace zonecopy::nvme
