# What `cmake --install` puts where: everything below the prefix, also one that is given only then. mount(8) and mkfs(8)
# look for their helpers in /sbin alone; where the prefix is the system's own, links there lead to them
# (install_helper_links.cmake), and elsewhere one line says how to make some.

install(TARGETS zonecopy_command zonecopyfs RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS mkfs.zonecopyfs mount.zonecopyfs RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
# The helper finds the daemon by the way from its own folder, which a prefix does not change.
file(RELATIVE_PATH ZONECOPY_BIN_FROM_SBIN ${CMAKE_INSTALL_FULL_SBINDIR} ${CMAKE_INSTALL_FULL_BINDIR})
target_compile_definitions(mount.zonecopyfs PRIVATE ZONECOPY_BIN_FROM_SBIN="${ZONECOPY_BIN_FROM_SBIN}")
install(CODE "set(helper_folder \"${CMAKE_INSTALL_SBINDIR}\")")
install(SCRIPT ${CMAKE_CURRENT_LIST_DIR}/install_helper_links.cmake)

include(${CMAKE_CURRENT_LIST_DIR}/install_library.cmake)

install(FILES ${PROJECT_SOURCE_DIR}/man/zonecopy.1 ${PROJECT_SOURCE_DIR}/man/zonecopy-bench.1
              ${PROJECT_SOURCE_DIR}/man/zonecopy-serve.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${PROJECT_SOURCE_DIR}/man/zonecopy_gather.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
install(FILES ${PROJECT_SOURCE_DIR}/man/zonecopy-ioctl.4 DESTINATION ${CMAKE_INSTALL_MANDIR}/man4)
install(FILES ${PROJECT_SOURCE_DIR}/man/zonecopy-image.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES ${PROJECT_SOURCE_DIR}/man/mkfs.zonecopyfs.8 ${PROJECT_SOURCE_DIR}/man/mount.zonecopyfs.8
              ${PROJECT_SOURCE_DIR}/man/zonecopyfs.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
