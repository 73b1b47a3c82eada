# What `cmake --install` puts where. mount(8) and mkfs(8) look for their helpers in /sbin only, whatever the prefix is;
# an installation without root rights sets SBINDIR.

set(SBINDIR "/sbin" CACHE PATH "folder where mount(8) and mkfs(8) find their helpers")

install(TARGETS zonecopy_command zonecopyfs RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS mkfs.zonecopyfs mount.zonecopyfs RUNTIME DESTINATION ${SBINDIR})
target_compile_definitions(mount.zonecopyfs PRIVATE ZONECOPY_BINDIR="${CMAKE_INSTALL_FULL_BINDIR}")

# mount(8) runs the helper of the type that fstab names, and the one of the type that the kernel shows ("fuse.zonecopyfs")
# for remounts and unmounts.
foreach(name mount.fuse.zonecopyfs umount.zonecopyfs umount.fuse.zonecopyfs)
  install(CODE "
    set(folder \"${SBINDIR}\")
    if(NOT IS_ABSOLUTE \"\${folder}\")
      set(folder \"\${CMAKE_INSTALL_PREFIX}/\${folder}\")
    endif()
    message(STATUS \"Installing: \$ENV{DESTDIR}\${folder}/${name}\")
    file(CREATE_LINK mount.zonecopyfs \"\$ENV{DESTDIR}\${folder}/${name}\" SYMBOLIC)")
endforeach()

install(TARGETS zonecopy ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/zonecopy DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")

file(GLOB ZONECOPY_MAN_PAGES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/man/*.[1-8])
foreach(page ${ZONECOPY_MAN_PAGES})
  get_filename_component(section ${page} LAST_EXT)
  string(SUBSTRING ${section} 1 -1 section)
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
