package io.llamamesh.operator.report;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Parser of server-sent events, fed with bytes as they arrive: hands on the data of each event, and
 * holds no more than one event. Comments and other fields are skipped. For one thread at a time.
 */
final class ReportEvents {
  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

  private final int maxBytes;
  private final Consumer<byte[]> events;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private boolean hasData;
  private boolean afterCarriageReturn;

  /**
   * A parser of a stream that has not begun.
   *
   * @param maxBytes longest event, and longest line
   * @param events takes the data of each event
   */
  ReportEvents(int maxBytes, Consumer<byte[]> events) {
    this.maxBytes = maxBytes;
    this.events = events;
  }

  /**
   * Takes what arrived next.
   *
   * @throws IOException where an event is longer than may be
   */
  void feed(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      byte next = bytes.get();
      if (next == '\n' && afterCarriageReturn) {
        afterCarriageReturn = false;
        continue;
      }
      afterCarriageReturn = next == '\r';
      if (next == '\n' || next == '\r') {
        endLine();
      } else if (line.size() + data.size() >= maxBytes) {
        throw new IOException("an event is longer than " + maxBytes + " bytes");
      } else {
        line.write(next);
      }
    }
  }

  private void endLine() {
    byte[] bytes = line.toByteArray();
    line.reset();
    if (bytes.length == 0) {
      if (hasData) {
        byte[] event = data.toByteArray();
        data.reset();
        hasData = false;
        events.accept(event);
      }
      return;
    }
    if (!isData(bytes)) {
      return;
    }
    int from = DATA.length;
    from += from < bytes.length && bytes[from] == ' ' ? 1 : 0;
    if (hasData) {
      data.write('\n');
    }
    data.write(bytes, from, bytes.length - from);
    hasData = true;
  }

  private static boolean isData(byte[] line) {
    for (int i = 0; i < DATA.length; i++) {
      if (i >= line.length || line[i] != DATA[i]) {
        return false;
      }
    }
    return true;
  }
}
