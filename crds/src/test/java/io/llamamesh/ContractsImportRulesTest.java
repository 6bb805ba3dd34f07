package io.llamamesh;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.llamamesh", importOptions = DoNotIncludeTests.class)
class ContractsImportRulesTest {
  @ArchTest
  static final ArchRule documentsKnowJacksonOnly =
      classes()
          .that()
          .resideInAnyPackage("io.llamamesh.config", "io.llamamesh.results", "io.llamamesh.auth")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "org.jspecify..",
              "com.fasterxml.jackson..",
              "org.yaml.snakeyaml..",
              "io.llamamesh.config",
              "io.llamamesh.results",
              "io.llamamesh.auth");

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("io.llamamesh.(*)..").should().beFreeOfCycles();
}
