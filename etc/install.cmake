# What `cmake --install` and the Debian package (etc/package) install: the same files. Included by CMakeLists.txt.
include(GNUInstallDirs)
set(LATCHKEY_UNIT_DIR "lib/systemd/system" CACHE STRING "Where the systemd units go, below the prefix")
# Installing builds nothing: the program must be there, and the tests need not be.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(manuals ${CMAKE_INSTALL_DATADIR}/doc/latchkey)

install(TARGETS latchkey RUNTIME)
install(FILES systemd/latchkey.service systemd/latchkey@.service systemd/latchkey.socket
  DESTINATION ${LATCHKEY_UNIT_DIR})
# The manuals keep their folders, so that their links to each other hold.
install(FILES README.md etc/debian/copyright DESTINATION ${manuals})
install(FILES etc/README.md etc/latchkey.toml etc/packages DESTINATION ${manuals}/etc)
install(FILES schema/README.md schema/openapi.json DESTINATION ${manuals}/schema)
install(FILES systemd/README.md systemd/latchkey.service systemd/latchkey@.service systemd/latchkey.socket
  DESTINATION ${manuals}/systemd)
install(FILES src/api/README.md DESTINATION ${manuals}/src/api)
install(DIRECTORY etc/brokers etc/capacity etc/examples etc/gateways etc/grafana etc/prometheus DESTINATION ${manuals}/etc
  PATTERN "__pycache__" EXCLUDE PATTERN "node_modules" EXCLUDE
  PATTERN "*.sh" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                             WORLD_READ WORLD_EXECUTE)
# The fleet's manual and what it has to copy; trying it needs the source.
install(FILES etc/fleet/README.md etc/fleet/etcd.env etc/fleet/haproxy.cfg etc/fleet/latchkey.toml etc/fleet/patroni.env
  etc/fleet/patroni.yml DESTINATION ${manuals}/etc/fleet)
# Rules and dashboards, for the configuration of Prometheus and Grafana to name.
install(DIRECTORY etc/prometheus etc/grafana DESTINATION ${CMAKE_INSTALL_DATADIR}/latchkey
  PATTERN "__pycache__" EXCLUDE)

# The program writes its manual pages and completions itself. Debian wants the former compressed, and without the
# time at which that happened. Everybody may read them, whatever the umask of this installation is.
foreach(folder man/man1 man/man5 bash-completion/completions zsh/vendor-completions)
  install(DIRECTORY DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder})
endforeach()
install(CODE [[
  function(latchkey_writes file)
    set(path "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/share/${file}")
    message(STATUS "Writing: ${path}")
    execute_process(COMMAND "$<TARGET_FILE:latchkey>" ${ARGN} OUTPUT_FILE "${path}"
      COMMAND_ERROR_IS_FATAL ANY)
    file(CHMOD "${path}" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
    if(file MATCHES "^man/")
      execute_process(COMMAND gzip -9nf "${path}" COMMAND_ERROR_IS_FATAL ANY)
    endif()
  endfunction()
  latchkey_writes(man/man1/latchkey.1 man-page)
  latchkey_writes(man/man5/latchkey.toml.5 man-page settings)
  latchkey_writes(bash-completion/completions/latchkey completion bash)
  latchkey_writes(zsh/vendor-completions/_latchkey completion zsh)
]])

# An administrator's configuration is never overwritten. The service reads /etc/latchkey/latchkey.toml.
install(CODE "set(shipped_configuration \"${CMAKE_SOURCE_DIR}/etc/debian/latchkey.toml\")")
install(CODE [[
  set(configuration "${CMAKE_INSTALL_PREFIX}/etc/latchkey/latchkey.toml")
  if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(configuration "/etc/latchkey/latchkey.toml")
  endif()
  set(configuration "$ENV{DESTDIR}${configuration}")
  if(EXISTS "${configuration}")
    message(STATUS "Left as it is: ${configuration}")
  else()
    message(STATUS "Writing: ${configuration}")
    get_filename_component(folder "${configuration}" DIRECTORY)
    file(MAKE_DIRECTORY "${folder}")
    # The service's user must be able to enter it, whatever the umask of this installation is.
    file(CHMOD "${folder}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
      GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
    file(COPY_FILE "${shipped_configuration}" "${configuration}")
    file(CHMOD "${configuration}" PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
  endif()
]])

# Nor does the umask decide who may enter the folders.
install(CODE [[
  foreach(folder doc/latchkey latchkey)
    set(folder "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/share/${folder}")
    file(GLOB_RECURSE all LIST_DIRECTORIES true "${folder}/*")
    foreach(path "${folder}" ${all})
      if(IS_DIRECTORY "${path}")
        file(CHMOD "${path}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
          GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
      endif()
    endforeach()
  endforeach()
]])

# --- the Debian package -------------------------------------------------------------------------------
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME latchkey)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Latchkey maintainers <maintainers@latchkey.example>")
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON) # for /etc
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/etc/debian/finish.cmake)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${CPACK_PACKAGE_CONTACT})
set(CPACK_DEBIAN_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "credential verification server")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Backends and gateways ask it over HTTP whether a credential is good and
whose it is. It answers for API keys, for devices with a secret, and for
tokens (JWT) of issuers that are named and of its own.
.
It is one process with PostgreSQL behind it. Keys that it has verified are
answered from memory; what is revoked is refused by every node at once.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Without libnss-systemd, PostgreSQL does not know the name of the service's dynamic user.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libnss-systemd, postgresql (>= 14)")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS prometheus)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(debian ${CMAKE_SOURCE_DIR}/etc/debian)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${debian}/postinst ${debian}/prerm ${debian}/postrm ${debian}/conffiles)
include(CPack)
