package io.llamamesh.agent.net;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Count of full receive buffers in the network namespace of the calling thread, over all sockets of
 * one IP version: {@code RcvbufErrors} and {@code MemErrors} of UDP.
 */
enum UdpErrors {
  V4("snmp") {
    @Override
    long sum(String text) {
      List<String> names = List.of();
      for (String line : text.lines().toList()) {
        if (line.startsWith("Udp:")) {
          List<String> words = List.of(line.split(" ", -1));
          if (!names.isEmpty()) {
            return sum(names, words);
          }
          names = words;
        }
      }
      return UNKNOWN;
    }

    private static long sum(List<String> names, List<String> values) {
      long sum = 0;
      for (int i = 0; i < Math.min(names.size(), values.size()); i++) {
        if (names.get(i).equals("RcvbufErrors") || names.get(i).equals("MemErrors")) {
          sum += Long.parseLong(values.get(i));
        }
      }
      return sum;
    }
  },
  V6("snmp6") {
    @Override
    long sum(String text) {
      long sum = 0;
      for (String line : text.lines().toList()) {
        if (line.startsWith("Udp6RcvbufErrors") || line.startsWith("Udp6MemErrors")) {
          sum += Long.parseLong(line.substring(line.indexOf(' ')).strip());
        }
      }
      return sum;
    }
  };

  static final long UNKNOWN = -1;
  private static final int LIMIT = 1 << 16;

  private final String file;

  UdpErrors(String file) {
    this.file = "/proc/thread-self/net/" + file;
  }

  abstract long sum(String text);

  /** Present count; {@link #UNKNOWN} where the system has none. */
  long bufferErrors() {
    try (FileInputStream in = new FileInputStream(file)) {
      return sum(new String(in.readNBytes(LIMIT), StandardCharsets.US_ASCII));
    } catch (IOException | NumberFormatException e) {
      return UNKNOWN;
    }
  }
}
