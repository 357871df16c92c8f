"""News that nobody reported, in five languages, out of a seed: every sentence is known to who reads it back."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

NAMES = "Norvik Halden Brightwater Osterlund Calloway Mirelle Tarvos Quillon Penmark Ravello".split()
NAMES_ZH = "远川 北辰 青禾 海曜 恒岳 明溪 启航 云杉 星澜 东隅".split()

SENTENCES = {
    "en": [
        "{a} said on {d} May that it had raised ${n} million from {b}.",
        "The round values the company at more than ${m} billion, up from ${n} million a year ago.",
        "“We did not expect demand of this size,” said the head of {b}, who joined in 20{y}.",
        "Shares of {b} fell by {n}.{y} percent in early trading before they recovered.",
        "Analysts at {a} put the market at {m} million units for the year.",
        "The ministry has asked {b} for documents and expects a reply within {y} days.",
        "Short and plain.",
        "About {n} workers in {m} plants are affected, a union of the region estimates.",
        "Critics of the plan point to a study of 20{y}, in which {n} of {m}00 sites failed.",
        "Neither {a} nor {b} would comment on the figures.",
        "Prices have risen for {y} months in a row, and {b} sees no end before autumn.",
        "It is the {y}th deal of its kind since the rules were changed in March.",
    ],
    "zh": [
        "{a}五月{d}日表示，已从{b}获得{n}亿元融资。",
        "本轮融资后公司估值超过{m}亿元，一年前仅为{n}亿元。",
        "“我们没有料到需求这么大，”20{y}年加入{b}的负责人说。",
        "{b}股价早盘一度下跌{n}.{y}%，随后收复失地。",
        "{a}的分析师预计全年市场规模为{m}万台。",
        "主管部门已要求{b}提交文件，并预计在{y}天内收到答复。",
        "结果很简单。",
        "当地工会估计，{m}家工厂约{n}名工人受到影响。",
        "批评者援引20{y}年的一项研究，其中{m}00个站点有{n}个不合格。",
        "{a}和{b}均未对上述数据置评。",
        "价格已连续{y}个月上涨，{b}认为秋季之前不会结束。",
        "这是三月规则修改以来的第{y}笔同类交易。",
    ],
    "de": [
        "{a} teilte am {d}. Mai mit, dass {b} sich mit {n} Millionen Euro beteiligt.",
        "Das Unternehmen wird damit mit mehr als {m} Milliarden Euro bewertet.",
        "„Mit einer so großen Nachfrage haben wir nicht gerechnet“, sagte die Leiterin von {b} im Jahr 20{y}.",
        "Die Aktie von {b} verlor zeitweise {n},{y} Prozent und erholte sich später.",
        "Fachleute von {a} rechnen mit {m} Millionen Geräten in diesem Jahr.",
        "Das Ministerium fordert von {b} Unterlagen und erwartet sie binnen {y} Tagen.",
        "Mehr war nicht.",
        "Betroffen sind rund {n} Beschäftigte in {m} Werken, schätzt die Gewerkschaft.",
        "Kritiker verweisen auf eine Studie von 20{y}, in der {n} von {m}00 Anlagen versagten.",
        "Weder {a} noch {b} wollte sich zu den Zahlen äußern.",
    ],
    "fr": [
        "{a} a annoncé le {d} mai avoir levé {n} millions d’euros auprès de {b}.",
        "L’entreprise est désormais valorisée à plus de {m} milliards d’euros.",
        "« Nous n’attendions pas une telle demande », a déclaré la directrice de {b}, arrivée en 20{y}.",
        "L’action de {b} a cédé {n},{y} % à l’ouverture avant de se reprendre.",
        "Les analystes de {a} évaluent le marché à {m} millions d’unités.",
        "Le ministère réclame des documents à {b} et attend une réponse sous {y} jours.",
        "Rien de plus.",
        "Quelque {n} salariés de {m} usines sont concernés, selon un syndicat.",
        "Ni {a} ni {b} n’a souhaité commenter ces chiffres.",
        "Les prix montent depuis {y} mois, et {b} n’en voit pas la fin avant l’automne.",
    ],
    "es": [
        "{a} informó el {d} de mayo de que ha captado {n} millones de euros de {b}.",
        "La empresa queda valorada en más de {m} mil millones de euros.",
        "«No esperábamos tanta demanda», dijo la directora de {b}, que llegó en 20{y}.",
        "Las acciones de {b} cayeron un {n},{y} % al inicio de la sesión.",
        "Los analistas de {a} calculan un mercado de {m} millones de unidades.",
        "El ministerio pide documentos a {b} y espera respuesta en {y} días.",
        "Nada más.",
        "Unos {n} trabajadores de {m} fábricas están afectados, según un sindicato.",
        "Ni {a} ni {b} quisieron comentar las cifras.",
        "Los precios suben desde hace {y} meses y {b} no ve el final antes de otoño.",
    ],
}
HEADINGS = {
    "en": [
        "What {a} wants",
        "A market under strain",
        "Who pays for it",
        "The road to {m}0 plants",
        "What happens next",
    ],
    "zh": ["{a}想要什么", "承压的市场", "谁来买单", "通往{m}0家工厂之路", "接下来会怎样"],
    "de": [
        "Was {a} vorhat",
        "Ein Markt unter Druck",
        "Wer dafür bezahlt",
        "Der Weg zu {m}0 Werken",
        "Wie es weitergeht",
    ],
    "fr": ["Ce que veut {a}", "Un marché sous tension", "Qui paiera", "Vers {m}0 usines", "Et maintenant"],
    "es": [
        "Lo que quiere {a}",
        "Un mercado en tensión",
        "Quién lo paga",
        "Camino de {m}0 fábricas",
        "Qué viene ahora",
    ],
}
TITLES = {
    "en": "{a} Raises ${n} Million as {b} Looks On",
    "zh": "{a}融资{n}亿元，{b}作壁上观",
    "de": "{a} sammelt {n} Millionen ein, {b} schaut zu",
    "fr": "{a} lève {n} millions, {b} observe",
    "es": "{a} capta {n} millones mientras {b} observa",
}
CHATTER = {
    "en": [
        "Great read, though I doubt that {a} will ever ship {n} of these.",
        "Why does nobody mention what {b} did in 20{y}?",
        "I worked at {b} for {y} years and this is nonsense.",
        "More on this: {b} closes plant number {n} in the north",
        "Ten gadgets under ${n} that our readers love",
        "Listen: the {a} podcast, episode {m}",
    ],
    "zh": ["写得不错，不过我怀疑{a}能不能做到{n}个。", "怎么没人提{b}在20{y}年的事？", "我在{b}干了{y}年，纯属胡扯。",
           "{b}关闭第{n}家工厂", "读者最爱的十款{n}元好物", "收听：{a}播客第{m}期"],
    "de": ["Guter Text, aber {a} wird nie {n} davon liefern.", "Warum erwähnt niemand {b} im Jahr 20{y}?",
           "Ich war {y} Jahre bei {b}, das ist Unsinn.", "{b} schließt Werk Nummer {n}", "Zehn Geräte unter {n} Euro", "Podcast von {a}, Folge {m}"],
    "fr": ["Bon article, mais {a} n’en livrera jamais {n}.", "Pourquoi personne ne parle de {b} en 20{y} ?",
           "J’ai travaillé {y} ans chez {b}, c’est faux.", "{b} ferme son usine numéro {n}", "Dix objets à moins de {n} euros", "Le podcast de {a}, épisode {m}"],
    "es": ["Buen texto, pero {a} nunca entregará {n}.", "¿Por qué nadie habla de {b} en 20{y}?",
           "Trabajé {y} años en {b} y es falso.", "{b} cierra su planta número {n}", "Diez aparatos por menos de {n} euros", "El podcast de {a}, episodio {m}"],
}  # fmt: skip
PHRASES = {
    "en": dict(home="Home", more="Read more", related="Related stories", share="Share on Facebook", by="By", comments="Comments",
               cookie="We and our {n} partners use cookies to store information on your device. You can change your choice at any time.",
               accept="Accept all", subscribe="Subscribe to keep reading. Already a member? Sign in. Three months for $1 a week.",
               letter="Get the best of our journalism in your inbox every morning.", rights="All rights reserved. Terms of use. Privacy policy.",
               photo="A plant of {a}, seen in April. Photo: J. Doe/Agency", popular="Most read", advert="Advertisement", ask="How much did {a} raise?",
               answer="It raised a secret sum of {n} million zorkmids.", updated="Updated", bio="The author has written about industry since 20{y}."),
    "zh": dict(home="首页", more="阅读全文", related="相关阅读", share="分享到微博", by="作者：", comments="网友评论",
               cookie="我们和{n}个合作伙伴使用Cookie在您的设备上存储信息，您可以随时更改选择。", accept="全部接受",
               subscribe="订阅后继续阅读。已是会员？请登录。每月仅需三元。", letter="每天早晨把最好的报道送到您的邮箱。", rights="版权所有，未经许可不得转载。使用条款。隐私政策。",
               photo="四月的{a}工厂。图：某某/图片社", popular="热门文章", advert="广告", ask="{a}融资多少？", answer="融资金额是机密的{n}枚佐克币。",
               updated="更新于", bio="作者自20{y}年起报道工业。"),
    "de": dict(home="Startseite", more="Weiterlesen", related="Mehr zum Thema", share="Auf Facebook teilen", by="Von", comments="Kommentare",
               cookie="Wir und unsere {n} Partner verwenden Cookies, um Informationen auf Ihrem Gerät zu speichern.", accept="Alle akzeptieren",
               subscribe="Jetzt abonnieren und weiterlesen. Schon Mitglied? Anmelden.", letter="Das Beste aus der Redaktion jeden Morgen in Ihrem Postfach.",
               rights="Alle Rechte vorbehalten. Impressum. Datenschutz.", photo="Ein Werk von {a} im April. Foto: M. Muster/Agentur", popular="Meistgelesen",
               advert="Anzeige", ask="Wie viel hat {a} eingesammelt?", answer="Geheime {n} Millionen Zorkmid.", updated="Aktualisiert", bio="Die Autorin schreibt seit 20{y} über Industrie."),
    "fr": dict(home="Accueil", more="Lire la suite", related="À lire aussi", share="Partager sur Facebook", by="Par", comments="Commentaires",
               cookie="Nous et nos {n} partenaires utilisons des cookies pour stocker des informations sur votre appareil.", accept="Tout accepter",
               subscribe="Abonnez-vous pour lire la suite. Déjà abonné ? Connectez-vous.", letter="Le meilleur de la rédaction chaque matin dans votre boîte.",
               rights="Tous droits réservés. Mentions légales. Confidentialité.", photo="Une usine de {a}, en avril. Photo : J. Dupont/Agence", popular="Les plus lus",
               advert="Publicité", ask="Combien {a} a-t-il levé ?", answer="Une somme secrète de {n} millions de zorkmids.", updated="Mis à jour", bio="L’autrice écrit sur l’industrie depuis 20{y}."),
    "es": dict(home="Inicio", more="Leer más", related="Noticias relacionadas", share="Compartir en Facebook", by="Por", comments="Comentarios",
               cookie="Nosotros y nuestros {n} socios usamos cookies para guardar información en su dispositivo.", accept="Aceptar todo",
               subscribe="Suscríbase para seguir leyendo. ¿Ya es miembro? Inicie sesión.", letter="Lo mejor de la redacción cada mañana en su correo.",
               rights="Todos los derechos reservados. Aviso legal. Privacidad.", photo="Una planta de {a}, en abril. Foto: J. Pérez/Agencia", popular="Lo más leído",
               advert="Publicidad", ask="¿Cuánto captó {a}?", answer="Una suma secreta de {n} millones de zorkmids.", updated="Actualizado", bio="La autora escribe sobre industria desde 20{y}."),
}  # fmt: skip


@dataclass
class Story:
    """One invented article; `body` collects what a page shows of it, in order."""

    language: str
    seed: int
    body: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.language}{self.seed}")
        self.title = self.fill(TITLES[self.language])
        self._unused: list[str] = []

    def fill(self, template: str) -> str:
        """Put names and numbers into a template."""
        a, b = self.rng.sample(NAMES_ZH if self.language == "zh" else NAMES, 2)
        r = self.rng.randint
        return template.format(a=a, b=b, n=r(11, 990), m=r(2, 99), y=r(10, 25), d=r(1, 31))

    def phrase(self, key: str) -> str:
        return self.fill(PHRASES[self.language][key])

    def chatter(self) -> str:
        return self.fill(self.rng.choice(CHATTER[self.language]))

    def paragraph(self, sentences: int = 0) -> str:
        """A paragraph that is no part of the article until `keep` says so."""
        count = sentences or self.rng.choice([1, 2, 2, 3, 3, 4])
        chosen = self.rng.sample(SENTENCES[self.language], count)
        if count == 1 and len(chosen[0]) < 20:
            chosen = [SENTENCES[self.language][0]]
        return ("" if self.language == "zh" else " ").join(self.fill(sentence) for sentence in chosen)

    def heading(self) -> str:
        return self.keep(self.fill(self.rng.choice(HEADINGS[self.language])))

    def keep(self, text: str) -> str:
        """Note a text as part of the article."""
        self.body.append(text)
        return text

    def prose(self, sentences: int = 0) -> str:
        return self.keep(self.paragraph(sentences))
