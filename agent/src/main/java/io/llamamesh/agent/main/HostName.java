package io.llamamesh.agent.main;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Name of this host. */
final class HostName {

  private static final Path KERNEL = Path.of("/proc/sys/kernel/hostname");

  private HostName() {}

  /** Name of this host, from the kernel where that has it; null where it is unknown. */
  static @Nullable String find() {
    try {
      String name =
          Files.isReadable(KERNEL)
              ? Files.readString(KERNEL).strip()
              : InetAddress.getLocalHost().getHostName();
      return name.isEmpty() ? null : name;
    } catch (UnknownHostException e) {
      return null; // it has no address of its own, and Java asks for that first
    } catch (IOException e) {
      return null;
    }
  }
}
