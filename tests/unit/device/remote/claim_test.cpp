// Who may have a namespace open beside whom, and who this machine says it is.
#include "src/device/remote/claim.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "src/device/remote/host_identity.h"

namespace zonecopy::remote {
namespace {

class FolderTest : public testing::Test {
 protected:
  FolderTest() {
    char name[] = "/tmp/zonecopy-claim-XXXXXX";
    folder = mkdtemp(name);
  }
  ~FolderTest() override { std::filesystem::remove_all(folder); }

  Result<Claim> take(const std::string& identity, bool read_only) {
    return Claim::take(identity, "the device", read_only, {folder});
  }
  void put(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(folder + path).parent_path());
    std::ofstream(folder + path) << text;
  }

  std::string folder;
};

using ClaimTest = FolderTest;

TEST_F(ClaimTest, WritersAreAlone) {
  const Result<Claim> first = take("uuid:1", false);
  ASSERT_TRUE(first) << first.error().to_string();
  for (const bool read_only : {false, true}) {
    const Result<Claim> second = take("uuid:1", read_only);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), EBUSY);
    EXPECT_EQ(second.error().to_string(),
              "open on the device: Device or resource busy: another program of this machine has it open");
  }
  EXPECT_TRUE(take("uuid:2", false)) << "another namespace";
}

TEST_F(ClaimTest, ReadersStandBesideEachOther) {
  Result<Claim> first = take("uuid:1", true);
  ASSERT_TRUE(first);
  {
    const Result<Claim> second = take("uuid:1", true);
    ASSERT_TRUE(second);
    EXPECT_FALSE(take("uuid:1", false));
    const Status raised = first->make_exclusive("the device");
    ASSERT_FALSE(raised);
    EXPECT_EQ(raised.error().code(), EBUSY);
    EXPECT_TRUE(take("uuid:1", true)) << "the first still reads";
  }
  EXPECT_TRUE(first->make_exclusive("the device"));
  EXPECT_FALSE(take("uuid:1", true));
}

TEST_F(ClaimTest, ItEndsWithItsOwner) {
  { ASSERT_TRUE(take("uuid:1", false)); }
  EXPECT_TRUE(take("uuid:1", false));
}

TEST_F(ClaimTest, AnyIdentityIsAFileOfTheFolder) {
  const std::string longest = "nqn.2026-11.example:" + std::string(240, '/') + "/1";
  const Result<Claim> first = take(longest, false);
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_FALSE(take(longest, false));
  EXPECT_TRUE(take(longest + "2", false));
  EXPECT_TRUE(take("../../etc/passwd", false));
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    EXPECT_TRUE(entry.path().filename().string().starts_with("zonecopy-"));
  }
}

TEST_F(ClaimTest, OthersCanLockWhatWasMade) {
  const mode_t before = umask(0777);
  const Result<Claim> claim = take("uuid:1", false);
  umask(before);
  ASSERT_TRUE(claim);
  struct stat facts {};
  ASSERT_EQ(stat((folder + "/zonecopy-uuid%3a1").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0444U);
}

TEST_F(ClaimTest, ALinkIsNotFollowed) {
  std::filesystem::create_symlink("/etc/passwd", folder + "/zonecopy-uuid%3a1");
  const Result<Claim> claim = take("uuid:1", false);
  ASSERT_FALSE(claim);
  EXPECT_EQ(claim.error().code(), ELOOP);
}

TEST_F(ClaimTest, WithoutAFolder) {
  const Result<Claim> claim = Claim::take("uuid:1", "the device", false, {folder + "/missing"});
  ASSERT_FALSE(claim);
  EXPECT_EQ(claim.error().code(), ENOENT);
  const Result<Claim> elsewhere = Claim::take("uuid:1", "the device", false, {folder + "/missing", folder});
  ASSERT_TRUE(elsewhere);
  EXPECT_FALSE(take("uuid:1", false));
}

using HostIdentityTest = FolderTest;

TEST_F(HostIdentityTest, WhatTheFilesSay) {
  put("/etc/nvme/hostnqn", "nqn.2026-11.example:me\n");
  put("/etc/nvme/hostid", "00112233-4455-6677-8899-aabbccddeeff\n");
  const Result<HostIdentity> host = identity_of_this_machine(folder);
  ASSERT_TRUE(host) << host.error().to_string();
  EXPECT_EQ(host->nqn, "nqn.2026-11.example:me");
  EXPECT_EQ(host->id[0], std::byte{0x00});
  EXPECT_EQ(host->id[1], std::byte{0x11});
  EXPECT_EQ(host->id[15], std::byte{0xff});
}

TEST_F(HostIdentityTest, DerivedFromTheMachineAndNotTheMachineItself) {
  put("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  const Result<HostIdentity> host = identity_of_this_machine(folder);
  ASSERT_TRUE(host) << host.error().to_string();
  EXPECT_TRUE(host->nqn.starts_with("nqn.2014-08.org.nvmexpress:uuid:")) << host->nqn;
  EXPECT_EQ(host->nqn.find("01234567"), std::string::npos);
  const Result<HostIdentity> again = identity_of_this_machine(folder);
  EXPECT_EQ(again->nqn, host->nqn);
  EXPECT_EQ(again->id, host->id);
  put("/etc/machine-id", "1123456789abcdef0123456789abcdef\n");
  EXPECT_NE(identity_of_this_machine(folder)->nqn, host->nqn);
}

TEST_F(HostIdentityTest, NothingOrNonsense) {
  EXPECT_FALSE(identity_of_this_machine(folder));
  put("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  put("/etc/nvme/hostid", "me\n");
  const Result<HostIdentity> host = identity_of_this_machine(folder);
  ASSERT_FALSE(host);
  EXPECT_EQ(host.error().detail(), "/etc/nvme/hostid has 'me', which is no UUID");
  put("/etc/nvme/hostid", "00112233-4455-6677-8899-aabbccddeeff\n");
  put("/etc/nvme/hostnqn", std::string(300, 'x'));
  EXPECT_FALSE(identity_of_this_machine(folder));
}

}  // namespace
}  // namespace zonecopy::remote
