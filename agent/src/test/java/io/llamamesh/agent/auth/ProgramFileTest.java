package io.llamamesh.agent.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramFileTest {

  private @TempDir Path folder;

  private void write(String name, int number) throws IOException {
    Files.writeString(folder.resolve("programs.json"), document(name, number));
  }

  private static String document(String name, int number) {
    return "[{\"name\": \"%s\", \"sha256\": \"%064x\", \"read\": [\"a\"]}]".formatted(name, number);
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

  /** As a kubelet does it: folders by time, and a link to the newest that is replaced at once. */
  @Test
  void aMountedSecretIsFollowedAsItComesChangesAndGoes() throws IOException {
    Path first = Files.createDirectory(folder.resolve("..2026_12_01_1"));
    Files.createSymbolicLink(folder.resolve("..data"), first.getFileName());
    ProgramFile programs = ProgramFile.read(folder);
    assertThat(programs.grants().grants()).isEmpty();
    assertThat(programs.problem()).isNull();

    Path second = Files.createDirectory(folder.resolve("..2026_12_01_2"));
    Files.writeString(second.resolve("programs.json"), document("a", 1));
    swap(second);
    Files.createSymbolicLink(folder.resolve("programs.json"), Path.of("..data/programs.json"));
    programs.refresh();
    assertThat(programs.grants().grants()).extracting(grant -> grant.name()).containsExactly("a");

    Path third = Files.createDirectory(folder.resolve("..2026_12_01_3"));
    Files.writeString(third.resolve("programs.json"), document("b", 2));
    swap(third);
    programs.refresh();
    assertThat(programs.grants().grants()).extracting(grant -> grant.name()).containsExactly("b");

    swap(Files.createDirectory(folder.resolve("..2026_12_01_4")));
    // The link is removed a moment later.
    programs.refresh();
    assertThat(programs.grants().grants()).isEmpty();
    assertThat(programs.problem()).isNull();
  }

  private void swap(Path newest) throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("..data_tmp"), newest.getFileName());
    Files.move(
        link,
        folder.resolve("..data"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }
}
