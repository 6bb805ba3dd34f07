package io.llamamesh.registry.main;

import io.llamamesh.testkit.junit.CommandLineRules;
import java.util.Map;

class CommandLinesTest extends CommandLineRules {
  CommandLinesTest() {
    super(() -> RegistryMain.commandLine(Map.of()), "llama-mesh registry", "llama-mesh register");
  }
}
