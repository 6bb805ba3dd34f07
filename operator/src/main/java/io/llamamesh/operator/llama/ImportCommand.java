package io.llamamesh.operator.llama;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.llamamesh.config.CollectorConfigYaml;
import io.llamamesh.config.ConfigText;
import io.llamamesh.config.InvalidConfigException;
import io.llamamesh.crd.Names;
import io.llamamesh.operator.llama.MeshImport.Result;
import io.llamamesh.operator.plan.SpecCheck;
import io.llamamesh.operator.plan.SpecRefusal;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints the LlamaMesh for a LLAMA configuration. */
@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description = {
      "Prints the LlamaMesh resource for a LLAMA configuration (full or legacy YAML).",
      "What has no counterpart is noted on standard error."
    })
public final class ImportCommand implements Callable<Integer> {
  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "LLAMA's YAML; - for standard input.")
  private Path file = Path.of("-");

  @Option(
      names = "--name",
      defaultValue = "default",
      description = "Name of the mesh (default: ${DEFAULT-VALUE}).")
  private String name = "default";

  @Option(names = "--namespace", description = "Its namespace (default: none is written).")
  private @Nullable String namespace;

  @Option(
      names = {"--dst-port", "-llama.dst-port"},
      defaultValue = "8100",
      description =
          "The reflectors' port for the legacy form, which names none (default: ${DEFAULT-VALUE}).")
  private int dstPort = 8100;

  @Override
  public Integer call() throws IOException {
    CommandLine line = spec.commandLine();
    PrintWriter err = line.getErr();
    if (dstPort < 1 || dstPort > 65_535) {
      throw new CommandLine.ParameterException(
          line, "--dst-port must be from 1 to 65535, was " + dstPort);
    }
    if (!name.matches("[a-z]([-a-z0-9]{0,38}[a-z0-9])?")) {
      throw new CommandLine.ParameterException(
          line,
          "--name must have at most 40 characters of a-z, 0-9 and '-', begin with a letter and not"
              + " end with '-', was '"
              + name
              + "'");
    }
    try {
      CollectorConfigYaml.Document document = CollectorConfigYaml.read(text(), dstPort);
      document.ignored().forEach(key -> err.println("note: " + key + ": not understood, left out"));
      Result imported = MeshImport.of(document.config());
      imported.notes().forEach(note -> err.println("note: " + note));
      for (SpecRefusal refusal : SpecCheck.check(imported.spec())) {
        err.println("note: will be refused as it is: " + refusal.message());
      }
      err.flush();
      line.getOut().print(yaml(imported));
      line.getOut().flush();
      return 0;
    } catch (NoSuchFileException e) {
      err.println("import: there is no file " + file);
    } catch (InvalidConfigException e) {
      err.println("import: " + file + ": " + e.getMessage());
    } catch (IOException e) {
      err.println("import: " + file + " cannot be read: " + reason(e));
    }
    return 1;
  }

  /** Without the file's name, which the JDK puts first or alone. */
  private static @Nullable String reason(IOException e) {
    return e instanceof AccessDeniedException
        ? "permission denied"
        : e instanceof FileSystemException f && f.getReason() != null
            ? f.getReason()
            : e.getMessage();
  }

  private String text() throws IOException, InvalidConfigException {
    try (InputStream in = file.toString().equals("-") ? System.in : Files.newInputStream(file)) {
      return ConfigText.read(in);
    }
  }

  private String yaml(Result imported) throws IOException {
    YAMLMapper mapper =
        YAMLMapper.builder(
                YAMLFactory.builder()
                    .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                    .enable(YAMLGenerator.Feature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                    .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                    .stringQuotingChecker(new YamlQuoting())
                    .build())
            .build();
    ObjectNode mesh = mapper.createObjectNode();
    mesh.put("apiVersion", Names.GROUP + "/v1alpha1").put("kind", "LlamaMesh");
    ObjectNode metadata = mesh.putObject("metadata").put("name", name);
    if (namespace != null) {
      metadata.put("namespace", namespace);
    }
    mesh.set("spec", mapper.valueToTree(imported.spec()));
    return mapper.writeValueAsString(mesh);
  }
}
