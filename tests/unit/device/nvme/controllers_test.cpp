// Which controllers a namespace has, in a sysfs made by hand. The trees are those of Linux 6.12.
#include <gtest/gtest.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "src/device/nvme/controller.h"

namespace zonecopy::nvme {
namespace {

namespace fs = std::filesystem;

class ControllersTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "controllers-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    sysfs_ = name;
  }
  void TearDown() override { fs::remove_all(sysfs_); }

  void folder(const std::string& path) { fs::create_directories(sysfs_ / path); }
  void link(const std::string& path, const std::string& target) {
    folder(fs::path(path).parent_path().string());
    fs::create_symlink(sysfs_ / target, sysfs_ / path);
  }
  void namespace_folder(const std::string& path, std::uint32_t nsid) {
    folder(path);
    std::ofstream(sysfs_ / path / "nsid") << nsid << "\n";
  }

  /// The names with spaces between, or the error.
  std::string controllers(dev_t node, std::uint32_t nsid) {
    const Result<std::vector<std::string>> found = controllers_of(node, nsid, sysfs_.string());
    if (!found) return std::to_string(found.error().code());
    std::string names;
    for (const std::string& name : *found) names += name + " ";
    return names;
  }

  fs::path sysfs_;
};

TEST_F(ControllersTest, NamespaceOfOneController) {
  namespace_folder("devices/pci/nvme/nvme7/nvme7n1", 3);
  link("dev/char/243:1/device", "devices/pci/nvme/nvme7");
  EXPECT_EQ(controllers(makedev(243, 1), 3), "nvme7 ");
}

TEST_F(ControllersTest, PathsBelowAMultipathDevice) {
  // Three controllers; namespace 2 can be reached by two of them, and nvme10 has one that is called alike.
  namespace_folder("devices/pci0/nvme/nvme0/nvme0c0n1", 1);
  namespace_folder("devices/pci0/nvme/nvme0/nvme0c0n2", 2);
  namespace_folder("devices/pci1/nvme/nvme1/nvme0c1n2", 2);
  namespace_folder("devices/pci2/nvme/nvme10/nvme0c10n1", 1);
  folder("devices/pci2/nvme/nvme10/hwmon1");
  const std::string subsystem = "devices/virtual/nvme-subsystem/nvme-subsys0";
  namespace_folder(subsystem + "/nvme0n2", 2);
  link(subsystem + "/nvme0", "devices/pci0/nvme/nvme0");
  link(subsystem + "/nvme1", "devices/pci1/nvme/nvme1");
  link(subsystem + "/nvme10", "devices/pci2/nvme/nvme10");
  link("dev/char/243:0/device", subsystem);
  EXPECT_EQ(controllers(makedev(243, 0), 2), "nvme0 nvme1 ");
  EXPECT_EQ(controllers(makedev(243, 0), 1), "nvme0 nvme10 ");
  EXPECT_EQ(controllers(makedev(243, 0), 9), "") << "no path is left";
}

TEST_F(ControllersTest, ControllerThatIsGone) {
  folder("devices/virtual/nvme-subsystem/nvme-subsys0");
  link("devices/virtual/nvme-subsystem/nvme-subsys0/nvme0", "devices/nowhere");
  link("dev/char/243:0/device", "devices/virtual/nvme-subsystem/nvme-subsys0");
  EXPECT_EQ(controllers(makedev(243, 0), 1), "");
}

TEST_F(ControllersTest, SysfsThatDoesNotTell) {
  EXPECT_EQ(controllers(makedev(243, 0), 1), std::to_string(ENOENT));
  const Result<std::vector<std::string>> none = controllers_of(makedev(243, 0), 1, sysfs_.string());
  EXPECT_EQ(none.error().to_string(), "open on " + sysfs_.string() +
                                          "/dev/char/243:0/device: No such file or directory: sysfs does not tell "
                                          "which controller a namespace belongs to");
}

TEST(AdminQueueTest, NodeThatCannotBeOpened) {
  const AdminQueue queue = admin_queue_of("/nowhere/nvme0");
  EXPECT_EQ(queue(Command()), -ENOENT);
  EXPECT_EQ(admin_queue_of("/dev/null")(Command()), -ENOTTY);
}

}  // namespace
}  // namespace zonecopy::nvme
