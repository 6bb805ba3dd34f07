package io.llamamesh.agent.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramFileTest {

  private @TempDir Path folder;

  private void write(String name, int number) throws IOException {
    Files.writeString(
        folder.resolve("programs.json"),
        "[{\"name\": \"%s\", \"sha256\": \"%064x\", \"read\": [\"a\"]}]".formatted(name, number));
  }

  @Test
  void programsComeAndGoWithTheFileAndADamagedOneChangesNothing() throws IOException {
    ProgramFile programs = ProgramFile.read(folder);
    assertThat(programs.grants().grants()).isEmpty();
    assertThat(programs.problem()).isNull();

    write("a", 1);
    programs.refresh();
    assertThat(programs.grants().grants()).extracting(grant -> grant.name()).containsExactly("a");

    Files.writeString(folder.resolve("programs.json"), "[{\"name\": ");
    programs.refresh();
    assertThat(programs.grants().grants()).extracting(grant -> grant.name()).containsExactly("a");
    assertThat(programs.problem()).contains("programs.json");

    write("b", 2);
    programs.refresh();
    assertThat(programs.grants().grants()).extracting(grant -> grant.name()).containsExactly("b");
    assertThat(programs.problem()).isNull();

    Files.delete(folder.resolve("programs.json"));
    programs.refresh();
    assertThat(programs.grants().grants()).isEmpty();
  }
}
