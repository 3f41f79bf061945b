"""The sections of the trackers that tickets are linked to; each is switched off when it is absent."""

from pydantic import Field

from bot.settings_kinds import AtLeastOneSecond, HttpUrl, Id, OptionalSecret, Secret, Section, Text


class GitHubSettings(Section):
    """The GitHub repositories."""

    token: OptionalSecret = Field(default=None, description="a token for the repositories")
    app_id: Id | None = Field(default=None, description="instead of the token: the app's id")
    installation_id: Id | None = Field(default=None, description="with app_id: the installation's id")
    private_key: OptionalSecret = Field(default=None, description="with app_id: the app's private key")
    webhook_secret: OptionalSecret = Field(default=None, description="the secret that signs GitHub's webhooks")
    api_url: HttpUrl = Field(default="https://api.github.com", description="GitHub's API, or an Enterprise server's")
    bug_repository: str = Field(
        default="", pattern=r"^([\w.-]+/[\w.-]+)?$", description="the repository where /bug files issues"
    )
    intake_repositories: tuple[str, ...] = Field(default=(), description="whose issues are taken in as requests")
    intake_labels: tuple[Text, ...] = Field(default=("support", "question"), description="the labels that ask for it")
    poll_seconds: AtLeastOneSecond = Field(default=300, description="how often GitHub is asked for what was missed")


class OpenProjectSettings(Section):
    """The OpenProject instance."""

    url: HttpUrl = Field(description="the address of OpenProject", examples=["https://projects.example.org"])
    api_key: Secret = Field(description="an API key of the bot's OpenProject account")
    documentation_project: str = Field(default="", description="the project for documentation tasks")
    documentation_type: Text = Field(default="Task", description="the type of a documentation task")
    issues_list_project: str = Field(default="", description="the project of the Issues List")
    issues_list_type: Text = Field(default="Task", description="the type of an entry in the Issues List")
    ticket_field: Text = Field(default="Ticket ID", description="the text custom field with the ticket's number")
