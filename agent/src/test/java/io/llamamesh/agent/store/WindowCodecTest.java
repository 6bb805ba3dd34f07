package io.llamamesh.agent.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Mark;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.window.PairResult;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;

class WindowCodecTest {

  /** A window as agents wrote it that knew 2 attempts, 9 outcomes and 5 marks. */
  private static byte[] file(int form) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(new DeflaterOutputStream(bytes))) {
      out.writeInt(form);
      out.writeUTF("boot");
      out.writeLong(7);
      out.writeLong(1_795_167_610_000_000_000L);
      out.writeInt(1);
      out.writeShort(1);
      out.writeUTF("dst_name");
      out.writeUTF("node-1");
      out.writeShort(16);
      for (int i = 0; i < 16; i++) {
        out.writeInt(100 + i);
      }
      out.writeBoolean(false);
      out.writeDouble(Double.NaN);
      out.writeShort(0);
      out.writeInt(0);
      out.writeByte(-1);
      out.writeByte(-1);
      out.writeInt(0);
    }
    return bytes.toByteArray();
  }

  @Test
  void whatAnAgentWroteThatCountedNoStallsIsStillRead() throws IOException {
    WindowCodec.Entry entry = WindowCodec.read(file(0x4c4d_0003), new WindowCodec.Interner());

    PairResult pair = entry.window().pairs().getFirst();
    assertThat(entry.window().sequence()).isEqualTo(7);
    assertThat(pair.count(Attempt.SENT)).isEqualTo(100);
    assertThat(pair.count(Attempt.SEND_ERROR)).isEqualTo(101);
    assertThat(pair.count(Attempt.SKIPPED)).isZero();
    assertThat(pair.count(Outcome.RECEIVED)).isEqualTo(102);
    assertThat(pair.count(Outcome.SUPPRESSED)).isEqualTo(110);
    assertThat(pair.count(Mark.DUPLICATE)).isEqualTo(111);
    assertThat(pair.count(Mark.DSCP_REWRITTEN)).isEqualTo(115);
    assertThat(pair.count(Mark.STALLED)).isZero();
  }

  @Test
  void otherFormsAreRefused() {
    assertThatThrownBy(() -> WindowCodec.read(file(0x4c4d_0002), new WindowCodec.Interner()))
        .hasMessageContaining("another form");
    assertThatThrownBy(() -> WindowCodec.read(file(0x4c4d_0004), new WindowCodec.Interner()))
        .hasMessageContaining("another form");
  }
}
